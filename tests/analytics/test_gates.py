"""What is proven of each category, out of verdicts of staff and of what they did with drafts."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from analytics import gates
from analytics.calibration import Promise
from ingestion import intake
from runtime.database import transaction
from tests.analytics.test_stories import answered_by_agent, answered_by_staff, number_of
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import corrections, lifecycle
from tickets.contracts import Channel, Reason, Status
from tickets.corrections import Verdict
from tickets.models import AgentDecision

EASY = Promise(error=0.5, risk=0.2)  # Three right answers are enough: a half cubed is an eighth.
NOW = datetime.now(UTC)


def judged(verdict: Verdict, *, count: int = 1) -> None:
    for _ in range(count):
        number = number_of(answered_by_agent())
        with transaction() as session:
            corrections.give_verdict(session, number, verdict, staff="AGENT-1")


def proven() -> dict[str, gates.CategoryGate]:
    with transaction() as session:
        return gates.gates(session, EASY, datetime.now(UTC))


def labels() -> list[bool]:
    with transaction() as session:
        return [one.checked.is_right for one in gates.labels(session)]


def test_enough_right_answers_open_a_gate_and_fewer_say_how_many_are_missing(run_jobs: CollectedJobs) -> None:
    judged(Verdict.RIGHT, count=2)
    assert (proven()["shipping"].gate.threshold, proven()["shipping"].gate.more_needed) == (None, 1)
    judged(Verdict.RIGHT)
    assert proven()["shipping"].gate.threshold is not None


def test_wrong_answers_keep_it_closed(run_jobs: CollectedJobs) -> None:
    judged(Verdict.RIGHT, count=2)
    judged(Verdict.WRONG, count=2)
    found = proven()["shipping"]
    assert (found.gate.threshold, found.labels) == (None, 4)
    assert found.gate.more_needed > 1


def test_a_draft_that_was_sent_as_it_was_is_right_and_a_rewritten_one_is_wrong(
    run_jobs: CollectedJobs,
) -> None:
    for draft, sent in (
        ("We send it today.", "We send it today."),
        ("We send it today.", "Sorry, sold out since May."),
    ):
        with transaction() as session:
            ticket = intake.receive(session, a_message(identity=f"{sent[:2]}@example.com")).public_id
        case = claimed_case()
        with transaction() as session:
            assert lifecycle.escalate(session, case, a_decision(reason=Reason.DRAFT_FOR_STAFF, draft=draft))
        with transaction() as session:
            lifecycle.staff_reply(
                session, number_of(ticket), sent, staff="AGENT-1", name="Carol", seen_seq=case.up_to_seq
            )
    assert labels() == [False, True]  # The newest first.


def test_a_draft_that_was_changed_a_little_says_nothing(run_jobs: CollectedJobs) -> None:
    answered_by_staff()  # Changes one word of four.
    assert labels() == []


def test_what_staff_said_counts_more_than_what_they_did(run_jobs: CollectedJobs) -> None:
    number = number_of(answered_by_staff())
    with transaction() as session:
        corrections.give_verdict(session, number, Verdict.WRONG, staff="AGENT-1")
    assert labels() == [False]


def test_of_contradicting_verdicts_the_newest_counts_and_managers_are_told(run_jobs: CollectedJobs) -> None:
    judged(Verdict.RIGHT, count=2)
    number = number_of(answered_by_agent())
    for staff, verdict in (("AGENT-1", Verdict.RIGHT), ("AGENT-2", Verdict.WRONG)):
        with transaction() as session:
            corrections.give_verdict(session, number, verdict, staff=staff)
    found = proven()["shipping"]
    assert (found.labels, found.contradictions) == (3, 1)
    assert sorted(labels()) == [False, True, True]
    with transaction() as session:
        corrections.give_verdict(session, number, Verdict.RIGHT, staff="AGENT-2")
    assert (proven()["shipping"].contradictions, sorted(labels())) == (0, [True, True, True])


@pytest.mark.parametrize(("recent", "drifted"), [(Verdict.WRONG, True), (Verdict.RIGHT, False)])
def test_worse_answers_of_late_close_what_was_proven(
    run_jobs: CollectedJobs, recent: Verdict, drifted: bool
) -> None:
    judged(Verdict.RIGHT, count=12)
    with transaction() as session:
        session.execute(update(AgentDecision).values(at=NOW - timedelta(days=40)))
    assert proven()["shipping"].gate.threshold is not None
    judged(recent, count=9)
    found = proven()["shipping"]
    assert found.drifted is drifted
    assert (found.gate.threshold is None) is drifted


@pytest.mark.parametrize(("text", "found"), [("It still does not work.", [False]), ("Thank you!", [])])
def test_a_customer_who_had_to_come_back_soon_was_answered_wrongly(
    run_jobs: CollectedJobs, text: str, found: list[bool]
) -> None:
    with transaction() as session:
        ticket = intake.receive(session, a_message(thread="t1", channel=Channel.WEB_CHAT)).ticket_id
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision())
    with transaction() as session:
        lifecycle.set_status(session, ticket, Status.RESOLVED, actor="AGENT-1")
    assert labels() == []
    with transaction() as session:
        intake.receive(session, a_message(thread="t1", channel=Channel.WEB_CHAT, text=text))
    assert labels() == found
