"""deskfleet replay, experiments and stats, called in this process as the entry point calls them."""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from agent_core import replay
from analytics.replay_models import Replay, ReplayCase
from deskfleet import cli, demo
from deskfleet.commands import replay as commands
from knowledge import articles
from knowledge.snapshots import Snapshot
from runtime.database import transaction
from tests.agent_core.past_desk import add_shipping, answered, receive
from tests.agent_core.test_replay import QUESTION, begun
from tests.jobs import CollectedJobs
from tickets.contracts import Reason

Run = Callable[..., tuple[int, str, str]]
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


@pytest.fixture
def run(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets one of its own.

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["deskfleet", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(str(ended.value.code or 0)), told.out, told.err

    return call


def test_a_replay_in_a_process_of_its_own_is_compared_and_one_that_was_killed_goes_on(run: Run) -> None:
    add_shipping()
    answered(QUESTION, reason=Reason.LOW_CONFIDENCE)
    code, out, _err = run("replay", "--since", YESTERDAY, "--processes", "1", "--json")
    found = json.loads(out)
    assert (code, found["progress"]["done"]) == (0, 1)
    assert found["candidate"]["automation"]["value"] == 1
    assert found["seconds"] > 0
    stopped = begun({"name": "killed at once"})
    code, out, _err = run("replay", "--resume", stopped.public_id, "--processes", "1")
    assert code == 0
    assert "killed at once" in out
    assert "next turn only" in out
    assert "tickets/s" in out


def outcomes(public_id: str) -> dict[int, tuple[str, str, dict[str, Any], float | None]]:
    """All that was found of each ticket, but how long it took."""
    with transaction() as session:
        rows = session.scalars(
            select(ReplayCase)
            .join(Replay, Replay.id == ReplayCase.replay_id)
            .where(Replay.public_id == public_id)
        )
        return {
            one.ticket_id: (one.state, one.why, {**one.candidate, "ms": 0}, one.difference) for one in rows
        }


def test_what_makes_it_fast_changes_no_outcome(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in sorted((demo.DATA / "articles").glob("*.md")):
        articles.add_path(file)
    for sample in demo.sample_tickets()[:24]:
        receive(f"{sample.subject}\n{sample.text}", who=sample.mail)
    with monkeypatch.context() as plain:  # Each question's words read alone, embedded on several threads.
        plain.setattr(Snapshot, "prime", lambda _self, _questions: None)
        slow = begun({"knowledge": {"articles": "now"}})
        assert replay.work(replay.load(slow.id))
    fast = begun({"knowledge": {"articles": "now"}})
    assert run("replay", "--resume", fast.public_id, "--processes", "2")[0] == 0
    found = outcomes(fast.public_id)
    assert found == outcomes(slow.public_id)
    assert {told["outcome"] for _state, _why, told, _gap in found.values()} == {"reply", "escalation"}


def test_only_the_processes_of_a_replay_compute_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    with commands._environment(commands._ONE_THREAD):
        assert (os.environ["OPENBLAS_NUM_THREADS"], os.environ["OMP_NUM_THREADS"]) == ("1", "3")
    assert "OPENBLAS_NUM_THREADS" not in os.environ
    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_what_is_wrong_is_said_in_one_sentence(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "candidate.toml"
    file.write_text("[agent]\nmin_confidence = 7\n", encoding="utf-8")
    code, _out, err = run("replay", "--since", YESTERDAY, "--candidate", str(file))
    assert (code, "agent.min_confidence" in err) == (1, True)
    assert run("replay", "--resume", "RPL-NONE")[0] == 1
    assert run("replay")[0] == 2
    assert "No ticket" in run("replay", "--since", YESTERDAY)[2]


def test_an_experiment_is_started_promoted_and_rolled_back(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "strict.toml"
    file.write_text("[agent]\nmin_confidence = 0.9\n", encoding="utf-8")
    started = json.loads(run("experiments", "start", str(file), "--effect", "0.1", "--json")[1])
    assert (started["name"], started["state"], started["needed"]) == ("strict", "running", 388)
    [listed] = json.loads(run("experiments", "list", "--json")[1])
    assert (listed["experiment"], listed["p_value"]) == (started["experiment"], None)
    assert "is promoted" in run("experiments", "promote", started["experiment"])[1]
    assert "is rolled back" in run("experiments", "rollback", started["experiment"])[1]
    code, _out, err = run("experiments", "stop", started["experiment"])
    assert (code, "rolled back" in err) == (1, True)


def test_what_figures_are_counted_from_is_read_anew(run: Run) -> None:
    answered(QUESTION)
    assert json.loads(run("stats", "rebuild", "--json")[1])["tickets"] == 1
