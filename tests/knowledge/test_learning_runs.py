"""The record of each round of learning, also of one that was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from deskfleet.commands.knowledge import knowledge
from knowledge import indexing
from knowledge.articles import LearnReport, Run, latest_runs, learn_now
from knowledge.learning_runs import LearningRun, RunOutcome
from knowledge.models import PastQuestion
from knowledge.retrieval import search
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.knowledge.test_learning import ANSWER, QUESTION, learned, resolved
from tickets import lifecycle
from tickets.contracts import Status

DESKFLEET = Path(sys.executable).with_name("deskfleet")


def runs() -> list[Run]:
    with transaction() as session:
        return latest_runs(session)


def test_a_round_is_recorded_with_its_counts(run_jobs: CollectedJobs) -> None:
    resolved()
    resolved(identity="bob@example.com")
    resolved(identity="carol@example.com", answer="Yes.")
    assert learn_now() == LearnReport(seen=3, learned=1, duplicates=1, skipped=1)
    (run,) = runs()
    assert (run.outcome, run.started_by) == (RunOutcome.DONE, "command")
    assert (run.seen, run.learned, run.duplicates, run.skipped, run.withdrawn) == (3, 1, 1, 1, 0)
    assert 0 < run.seconds < 60
    assert datetime.now(UTC) - run.started_at < timedelta(minutes=2)


def test_a_round_that_fails_says_so(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved()

    def fail(*_given: object) -> None:
        raise MemoryError

    monkeypatch.setattr(indexing, "write", fail)
    with pytest.raises(MemoryError):
        learn_now()
    assert [(run.outcome, run.seen) for run in runs()] == [(RunOutcome.FAILED, 0)]


def test_killed_half_way_the_next_round_goes_on(run_jobs: CollectedJobs) -> None:
    for number in range(30):
        question = f"How do I clean part {number} of the grinder?"
        resolved(identity=f"{number}@example.com", question=question, answer=f"{ANSWER} {question} {number}")
    learning = subprocess.Popen(
        [DESKFLEET, "knowledge", "learn", "--now", "--json"], stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while len(learned()) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(learning.pid, signal.SIGKILL)
    assert learning.wait() == -signal.SIGKILL
    before = len(learned())
    assert 3 <= before < 30
    (killed,) = runs()
    assert (killed.outcome, killed.learned) == (RunOutcome.RUNNING, before)
    with transaction() as session:
        session.execute(update(LearningRun).values(touched_at=LearningRun.touched_at - timedelta(minutes=11)))
    report = learn_now()
    assert report.seen == 30 - killed.seen
    assert len(learned()) == before + report.learned
    assert killed.learned + killed.duplicates + report.learned + report.duplicates == 30
    assert [run.outcome for run in runs()] == [RunOutcome.DONE, RunOutcome.STOPPED]
    assert learn_now() == LearnReport()


def test_the_answer_of_a_reopened_ticket_is_withdrawn(run_jobs: CollectedJobs) -> None:
    ticket = resolved()
    learn_now()
    assert search(QUESTION)
    with transaction() as session:
        lifecycle.set_status(session, ticket, Status.OPEN, actor="AGENT-1")
    assert learn_now() == LearnReport(withdrawn=1)
    assert search(QUESTION) == []
    assert runs()[0].withdrawn == 1
    assert learn_now() == LearnReport()


def test_one_more_who_asked_the_same_strengthens_the_answer(run_jobs: CollectedJobs) -> None:
    resolved()
    learn_now()
    (article,) = learned()
    resolved(identity="bob@example.com", question="How can I descale my kettle?")
    assert learn_now() == LearnReport(seen=1, duplicates=1)
    with transaction() as session:
        (asked,) = session.scalars(select(PastQuestion)).all()
        assert (asked.article_id, asked.question) == (article.id, "How can I descale my kettle?")


def test_the_rounds_are_listed(run_jobs: CollectedJobs) -> None:
    ran = CliRunner().invoke(knowledge, ["runs"])
    assert (ran.exit_code, "Nothing was learned yet." in ran.output) == (0, True)
    resolved()
    learn_now()
    listed = CliRunner().invoke(knowledge, ["runs", "--json"])
    assert [(one["outcome"], one["learned"]) for one in json.loads(listed.stdout)] == [("done", 1)]
    assert "done" in CliRunner().invoke(knowledge, ["runs"]).output
