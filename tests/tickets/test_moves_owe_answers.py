"""A ticket that is moved while an answer has not left yet: its customer still has somebody who owes one."""

import pytest
from sqlalchemy import select, update

from ingestion import intake
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle
from tickets.contracts import Channel, Delivery, Owner, Reason, Status
from tickets.models import Message, Ticket

BOB = "AGENT-B0B00000"


@pytest.fixture(autouse=True)
def _desk(run_jobs: CollectedJobs) -> None:
    """Jobs are collected, and no reply leaves."""


def received() -> int:
    with transaction() as session:
        return intake.receive(session, a_message(channel=Channel.MAIL)).ticket_id


def answered_by_the_agent() -> int:
    """A ticket whose reply waits to be sent."""
    ticket_id = received()
    case = claimed_case()
    assert case.ticket_id == ticket_id
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft="Two days."))
    return ticket_id


def held_reply(ticket_id: int) -> int:
    with transaction() as session:
        return lifecycle.staff_reply(
            session, ticket_id, "Hello", staff=BOB, name="Bob", seen_seq=9, hold_s=3_600.0
        )


def ticket(ticket_id: int) -> Ticket:
    with transaction() as session:
        return session.get_one(Ticket, ticket_id)


def waits_for_staff(ticket_id: int) -> bool:
    found = ticket(ticket_id)
    return (found.owner, found.status) == (Owner.STAFF, Status.ESCALATED) and found.staff_due_at is not None


def test_an_answer_that_a_merge_withdrew_is_owed_where_the_conversation_goes_on() -> None:
    ticket_id = answered_by_the_agent()
    into = answered_by_the_agent()
    with transaction() as session:
        session.execute(update(Message).where(Message.ticket_id == into).values(delivery=Delivery.SENT))
        lifecycle.merge(session, ticket_id, into, actor=BOB)
    with transaction() as session:
        deliveries = select(Message.delivery).where(Message.ticket_id == ticket_id, Message.answers_seq == 1)
        assert session.scalars(deliveries).all() == [Delivery.FAILED]
    assert waits_for_staff(into)


def test_a_ticket_whose_answer_came_back_is_answered_anew_by_the_agent_it_is_handed_to() -> None:
    ticket_id = answered_by_the_agent()
    with transaction() as session:
        session.execute(
            update(Message)
            .where(Message.answers_seq == 1)
            .values(delivery=Delivery.FAILED, delivery_error="no")
        )
        lifecycle.hand_to_staff(session, ticket_id, Reason.DELIVERY_FAILED)
        session.expire_all()
        lifecycle.hand_back(session, ticket_id, actor=BOB)
    found = ticket(ticket_id)
    assert (found.owner, found.status, found.handled_seq) == (Owner.AGENT, Status.OPEN, 0)
    assert claimed_case().ticket_id == ticket_id


def test_a_reply_that_is_taken_back_after_a_merge_is_owed_in_the_other_ticket() -> None:
    ticket_id, into = received(), received()
    for one in (ticket_id, into):
        message_id = held_reply(one)
    first = held_reply(ticket_id)
    with transaction() as session:
        lifecycle.merge(session, ticket_id, into, actor=BOB)
    assert ticket(into).status == Status.WAITING_CUSTOMER
    with transaction() as session:
        lifecycle.undo_reply(session, ticket_id, first, staff=BOB)
    assert ticket(ticket_id).status == Status.MERGED
    assert waits_for_staff(into)
    assert message_id != first


def test_a_reply_that_is_taken_back_after_the_ticket_was_handed_back_is_owed_by_staff() -> None:
    ticket_id = received()
    message_id = held_reply(ticket_id)
    with transaction() as session:
        lifecycle.hand_back(session, ticket_id, actor=BOB)
    assert ticket(ticket_id).status == Status.WAITING_CUSTOMER
    with transaction() as session:
        lifecycle.undo_reply(session, ticket_id, message_id, staff=BOB)
    assert waits_for_staff(ticket_id)


def test_of_two_replies_that_are_taken_back_the_later_does_not_put_the_customer_to_rest() -> None:
    ticket_id = received()
    first, second = held_reply(ticket_id), held_reply(ticket_id)
    for message_id in (first, second):
        with transaction() as session:
            lifecycle.undo_reply(session, ticket_id, message_id, staff=BOB)
    assert waits_for_staff(ticket_id)


def test_thanks_that_came_meanwhile_do_not_hide_that_a_reply_was_taken_back() -> None:
    ticket_id = received()
    message_id = held_reply(ticket_id)
    with transaction() as session:
        intake.receive_on_ticket(session, a_message(text="Thank you!"), ticket_id)
    assert ticket(ticket_id).status == Status.WAITING_CUSTOMER
    with transaction() as session:
        lifecycle.undo_reply(session, ticket_id, message_id, staff=BOB)
    assert waits_for_staff(ticket_id)
