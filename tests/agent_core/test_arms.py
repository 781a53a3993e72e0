"""Experiments meet real cases: an arm for each customer, told on the decision, ended by people or the guardrail."""

from typing import Any

import pytest
from sqlalchemy import select, text

from accounts import audit
from agent_core import arms, candidates, tasks
from agent_core.facts import thresholds
from analytics import experiments
from analytics.experiment_models import Experiment
from analytics.experiment_tests import CANDIDATE, CONTROL, arm_of
from analytics.experiments import Plan, State
from analytics.tasks import guard_experiments
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound
from runtime.settings import settings
from tests.agent_core.past_desk import add_shipping, receive
from tests.agent_core.sample_case import a_case
from tests.jobs import CollectedJobs
from tickets.models import AgentDecision

STRICT = {"name": "strict", "agent": {"min_confidence": 1.0}}
QUESTION = "How long does the delivery of my parcel take?"


def started(given: dict[str, Any] | None = None, **plan: float) -> Experiment:
    checked = candidates.checked(given or STRICT).model_dump(
        mode="json", exclude_none=True, exclude_defaults=True
    )
    with transaction() as session:
        return experiments.start(session, checked, Plan(**plan), by="AGENT-1")


def customer_in(experiment: Experiment, arm: str) -> int:
    return next(n for n in range(1, 1_000) if arm_of(experiment.public_id, n, experiment.share) == arm)


def test_a_customer_is_answered_by_the_arm_that_is_theirs(database: str) -> None:
    running, usual = started(), settings().agent.min_confidence
    for arm, least in ((CANDIDATE, 1.0), (CONTROL, usual)):
        case = a_case(customer_id=customer_in(running, arm))
        with arms.chosen(case) as notes:
            assert thresholds().min_confidence == least
            assert notes == (f"experiment {running.public_id}: {arm}",)
    assert thresholds().min_confidence == usual


def test_the_arm_is_recorded_on_the_decision(run_jobs: CollectedJobs) -> None:
    add_shipping()
    running = started(share=0.999999)
    receive(QUESTION)
    tasks.answer_next()
    with transaction() as session:
        [decision] = session.scalars(select(AgentDecision)).all()
        assert f"experiment {running.public_id}: candidate" in decision.notes
        assert (decision.outcome, decision.reason) == ("escalation", "low_confidence")
        found = experiments.standing(session, running)
    assert (found.candidate, found.control, found.outcome.candidate.value) == (1, 0, 0.0)
    assert found.outcome.p_value is None


def test_a_customer_counts_once_however_often_they_write(run_jobs: CollectedJobs) -> None:
    running = started()
    receive(QUESTION)
    tasks.answer_next()
    receive("Another thing: where is my invoice?")
    tasks.answer_next()
    with transaction() as session:
        found = experiments.standing(session, running)
    assert found.candidate + found.control == 1


def test_promoted_it_holds_for_all_until_it_is_rolled_back(database: str) -> None:
    running = started(share=0.000001)
    with transaction() as session:
        experiments.promote(session, running.public_id, by="AGENT-1")
    with arms.chosen(a_case()) as notes:
        assert thresholds().min_confidence == 1.0
        assert notes == (f"experiment {running.public_id}: promoted",)
    with transaction() as session:
        experiments.roll_back(session, running.public_id, by="AGENT-1")
    with arms.chosen(a_case()) as notes:
        assert thresholds().min_confidence == settings().agent.min_confidence
        assert notes == ()
    with transaction() as session:
        told = [one.data.get("experiment") for one in audit.entries(session, target=running.public_id)]
    assert told == ["rolled_back", "promoted", "started"]


def test_an_experiment_on_top_of_what_is_promoted_changes_what_it_names_alone(database: str) -> None:
    first = started({"name": "turns", "agent": {"max_turns": 2}})
    with transaction() as session:
        experiments.promote(session, first.public_id, by="AGENT-1")
    second = started()
    with arms.chosen(a_case(customer_id=customer_in(second, CANDIDATE))):
        assert (thresholds().max_turns, thresholds().min_confidence) == (2, 1.0)
    with transaction() as session:
        experiments.promote(session, second.public_id, by="AGENT-1")
        assert experiments.find(session, first.public_id).state == State.ROLLED_BACK


def test_one_runs_at_a_time_and_moves_that_make_no_sense_are_refused(database: str) -> None:
    running = started()
    with pytest.raises(Conflict, match=running.public_id):
        started()
    with transaction() as session:
        assert experiments.stop(session, running.public_id, by="AGENT-1").state == State.STOPPED
        assert experiments.stop(session, running.public_id, by="AGENT-1").state == State.STOPPED
        with pytest.raises(Conflict, match="stopped"):
            experiments.roll_back(session, running.public_id, by="AGENT-1")
        with pytest.raises(NotFound):
            experiments.stop(session, "EXP-NONE", by="AGENT-1")
    with pytest.raises(InvalidInput, match="prompts, models and thresholds"):
        started({"name": "x", "knowledge": {"articles": "now"}})
    with pytest.raises(InvalidInput):
        Plan(share=1.0)


def test_the_guardrail_stops_a_candidate_that_is_often_wrong(run_jobs: CollectedJobs) -> None:
    running = started(share=0.999999, most_wrong=0.02)
    receive(QUESTION)
    tasks.answer_next()
    guard_experiments()
    with transaction() as session:
        assert experiments.find(session, running.public_id).state == State.RUNNING
        note = experiments.note_of(running.public_id, CANDIDATE)
        session.execute(
            text(
                "with made as (insert into agent_decisions (ticket_id, answers_seq, outcome, draft, notes) "
                "select ticket_id, answers_seq, 'reply', 'A draft.', array[:note] "
                "from agent_decisions, generate_series(1, 30) returning id) "
                "insert into answer_verdicts (decision_id, staff, verdict) select id, 'AGENT-1', 'wrong' from made"
            ),
            {"note": note},
        )
    guard_experiments()
    with transaction() as session:
        stopped = experiments.find(session, running.public_id)
        assert (stopped.state, stopped.changed_by) == (State.STOPPED, "guardrail")
        assert "30 of 30 judged answers were wrong" in stopped.why


def test_a_candidate_that_fits_no_more_holds_up_no_answer(database: str) -> None:
    running = started()
    with transaction() as session:
        session.execute(text('update experiments set candidate = \'{"name": "x", "agent": {"gone": 1}}\''))
    with arms.chosen(a_case(customer_id=customer_in(running, CANDIDATE))) as notes:
        assert notes == ()
