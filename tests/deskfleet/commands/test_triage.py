"""deskfleet triage retrain and deskfleet evaluate calibration, called in this process as the entry point calls them."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert

from deskfleet import cli
from ingestion import intake
from runtime.database import transaction
from tests.agent_core import learning
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import lifecycle
from tickets.correction_models import AnswerVerdict, JudgementCorrection
from tickets.lifecycle import Corrections
from tickets.models import AgentDecision

Run = Callable[..., str]


@pytest.fixture
def run(
    run_jobs: CollectedJobs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    learning.begin(tmp_path, monkeypatch)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets one of its own.

    def call(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["deskfleet", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 0
        return capsys.readouterr().out

    yield call
    learning.end()


def claims(count: int) -> None:
    """A model claims 0.9 and is right in six of ten cases: staff called the others right, and corrected these."""
    draw = np.random.default_rng(5)
    with transaction() as session:
        ticket_id = intake.receive(session, a_message()).ticket_id
        rows = [
            {
                "ticket_id": ticket_id, "answers_seq": 99, "outcome": "reply",
                "judgement": {
                    "category": "shipping", "model": "anthropic:m",
                    "raw_confidence": round(float(draw.uniform(0.8, 1)), 3),
                },
            }
            for _ in range(count)
        ]  # fmt: skip
        for decision_id in session.scalars(insert(AgentDecision).returning(AgentDecision.id), rows):
            if draw.random() < 0.6:
                session.execute(
                    insert(AnswerVerdict).values(decision_id=decision_id, staff="A", verdict="right")
                )
            else:
                session.execute(
                    insert(JudgementCorrection).values(
                        ticket_id=ticket_id, decision_id=decision_id, field="category", from_value="shipping",
                        to_value="bug_report", staff="A",
                    )
                )  # fmt: skip


def test_without_an_outcome_the_command_says_what_it_waits_for(run: Run) -> None:
    assert "There is no outcome yet" in run("evaluate", "calibration")
    assert json.loads(run("evaluate", "calibration", "--json"))["models"] == {}


def test_the_error_of_a_boastful_model_falls_below_a_twentieth_on_held_out_outcomes(run: Run) -> None:
    claims(900)
    found = json.loads(run("evaluate", "calibration", "--json"))["models"]["anthropic:m"]
    assert (found["outcomes"], found["is_calibrated"]) == (900, True)
    assert found["ece_before"] > 0.2
    assert found["ece_after"] <= 0.05
    assert sum(one["texts"] for one in found["bins_after"]) == 900
    told = run("evaluate", "calibration")
    assert "anthropic:m: 900 outcomes" in told
    assert "before" in told
    assert "after" in told


def test_few_outcomes_are_shown_and_taken_as_told(run: Run) -> None:
    claims(20)
    assert "Taken as told until there are 50 outcomes." in run("evaluate", "calibration")


def test_retraining_prints_what_was_learnt_and_measured(run: Run) -> None:
    with transaction() as session:
        ticket_id = intake.receive(session, a_message(text="The zorbulator is out of whump")).ticket_id
        lifecycle.correct(session, ticket_id, Corrections(category="shipping"), staff="AGENT-CAROL000")
    found = json.loads(run("triage", "retrain", "--json"))
    assert found["lessons"] == 1
    category = found["figures"]["category"]
    assert category["taught"] == 1
    assert category["is_replaced"] == (category["after"] >= category["before"])
    told = run("triage", "retrain")
    assert f"Version {found['version'] + 1}, from 1 messages that staff spoke of." in told
    assert "nothing new to learn" in told
    assert "No model has enough outcomes yet" in told
