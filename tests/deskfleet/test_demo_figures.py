"""The figures of a desk are those of its rows; what must never be is planted here and found."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from deskfleet.demo_figures import DemoFigures, measure
from ingestion import intake
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle
from tickets.contracts import Channel, Reason

pytestmark = pytest.mark.usefixtures("run_jobs")


class _Undo(Exception):
    """Ends a transaction that must leave nothing behind."""


def figures() -> DemoFigures:
    with transaction() as session:
        return measure(session)


def plant(statement: str) -> int:
    """Changes rows past all our own code; returns how many."""
    with transaction() as session:
        return int(session.execute(text(statement)).rowcount)  # type: ignore[attr-defined]  # of a cursor result


def receive(**changes: object) -> None:
    with transaction() as session:
        intake.receive(session, a_message(**changes))


def answer(reason: Reason | None = None) -> None:
    """What the agent does with the most urgent ticket."""
    case = claimed_case()
    with transaction() as session:
        act = lifecycle.escalate if reason else lifecycle.reply
        assert act(session, case, a_decision(reason=reason))


def test_an_empty_desk_is_sound(run_jobs: CollectedJobs) -> None:
    found = figures()
    assert found.sound
    assert (found.tickets, found.messages, found.handled, found.reasons, found.p50_s) == (0, 0, 0, {}, 0.0)


def test_outcomes_are_counted_with_their_reasons() -> None:
    for reason in (None, None, Reason.LEGAL, Reason.LEGAL, Reason.VIP):
        receive()
        answer(reason)
    receive()
    found = figures()
    assert (found.tickets, found.messages, found.answered, found.escalated) == (6, 6, 2, 3)
    assert found.reasons == {"legal": 2, "vip": 1}
    assert (found.unhandled, found.handled) == (1, 5)
    assert found.sound


def test_a_burst_is_one_ticket_with_one_reply() -> None:
    for _ in range(3):
        receive(channel=Channel.WEB_CHAT, identity="visitor-1", thread="chat-1")
    answer()
    found = figures()
    assert (found.tickets, found.messages, found.answered, found.unhandled) == (1, 3, 1, 0)
    assert found.sound


def test_two_replies_to_two_messages_are_no_duplicates() -> None:
    for _ in range(2):
        receive(channel=Channel.WEB_CHAT, identity="visitor-1", thread="chat-1")
        assert figures().unhandled == 1
        answer()
    found = figures()
    assert (found.tickets, found.answered, found.duplicates) == (1, 1, 0)
    assert found.sound


def test_times_run_from_the_oldest_message_of_a_burst_to_its_outcome() -> None:
    for _ in range(2):
        receive(channel=Channel.WEB_CHAT, identity="visitor-1", thread="chat-1")
        receive(channel=Channel.WEB_CHAT, identity="visitor-1", thread="chat-1")
        answer()
    # The first burst began 90 s before its outcome with message 1, the second 60 s before its own with 4.
    plant("update agent_decisions set at = '2026-03-02 09:00:00+00'")
    plant(
        "update messages set created_at = timestamptz '2026-03-02 08:58:20+00' + interval '10 seconds' * seq"
    )
    found = figures()
    assert (found.p50_s, found.p95_s) == (75.0, 88.5)


def test_a_second_reply_to_the_same_message_is_found() -> None:
    receive()
    answer()
    assert figures().sound
    planted = plant(
        "insert into messages (ticket_id, seq, kind, author, text, answers_seq) "
        "select ticket_id, seq + 1, kind, author, text, answers_seq from messages where kind = 'outbound'"
    )
    assert planted == 1
    found = figures()
    assert found.duplicates == 1
    assert not found.sound
    assert found.as_json()["duplicates"] == 1


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("owner = 'nobody', staff_due_at = now()", "ck_tickets_owner"),
        ("owner = 'staff', staff_due_at = null", "ck_tickets_staff_deadline"),
    ],
    ids=["nobody", "staff without a deadline"],
)
def test_the_database_refuses_a_ticket_without_an_owner_and_without_that_it_is_found(
    change: str, constraint: str
) -> None:
    receive()
    with pytest.raises(IntegrityError, match=constraint):
        plant(f"update tickets set {change}")
    with pytest.raises(_Undo), transaction() as session:
        session.execute(text(f"alter table tickets drop constraint {constraint}"))
        session.execute(text(f"update tickets set {change}"))
        found = measure(session)
        assert (found.without_owner, found.sound) == (1, False)
        raise _Undo
    assert figures().sound


@pytest.mark.parametrize("status", ["resolved", "closed", "waiting_customer"])
def test_a_message_that_waits_in_a_ticket_where_nobody_looks_is_found(status: str) -> None:
    receive()
    plant(f"update tickets set status = '{status}'")
    found = figures()
    assert (found.without_owner, found.sound) == (1, False)


def test_a_message_that_was_passed_over_is_found() -> None:
    receive()
    plant("update tickets set handled_seq = last_inbound_seq, status = 'waiting_customer'")
    found = figures()
    assert (found.lost, found.sound) == (1, False)
