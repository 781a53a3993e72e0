"""The outbox: sent once, or somebody knows."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from ingestion import intake
from ingestion.tasks import sweep_deliveries
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import deliveries, lifecycle, queries
from tickets.contracts import Channel, Status
from tickets.deliveries import Outgoing
from tickets.models import Message, Ticket

LONG_AGO = func.now() - func.make_interval(0, 0, 0, 0, 1)


@pytest.fixture
def message_id(run_jobs: CollectedJobs) -> int:
    """A mail of Alice that the agent has answered; its reply is queued."""
    with transaction() as session:
        intake.receive(session, a_message(channel=Channel.MAIL, subject="Parcel"))
    case = claimed_case()
    with transaction() as session:
        lifecycle.reply(session, case, a_decision())
        return session.scalars(select(Message.id).where(Message.delivery == "queued")).one()


def taken(message_id: int) -> Outgoing:
    with transaction() as session:
        outgoing = deliveries.claim_delivery(session, message_id)
    assert outgoing is not None
    return outgoing


def state(message_id: int) -> str:
    with transaction() as session:
        return str(session.scalar(select(Message.delivery).where(Message.id == message_id)))


def test_a_message_is_taken_by_one_sender(message_id: int) -> None:
    outgoing = taken(message_id)
    assert (outgoing.to, outgoing.subject, outgoing.by_agent) == ("alice@example.com", "Parcel", True)
    assert outgoing.in_reply_to in outgoing.references
    with transaction() as session:
        assert deliveries.claim_delivery(session, message_id) is None


def test_sent_is_sent(message_id: int) -> None:
    outgoing = taken(message_id)
    with transaction() as session:
        deliveries.mark_sent(session, outgoing)
    assert state(message_id) == "sent"


def test_what_was_certainly_not_sent_waits_and_goes_again(message_id: int) -> None:
    outgoing = taken(message_id)
    with transaction() as session:
        deliveries.postpone(session, outgoing, "450 busy")
    with transaction() as session:
        assert deliveries.claim_delivery(session, message_id) is None, "it was not due yet"
        session.execute(update(Message).values(deliver_after=LONG_AGO))
    assert taken(message_id).token != outgoing.token


def test_after_too_many_tries_staff_hear_of_it_and_after_a_day_it_has_failed(message_id: int) -> None:
    for _ in range(8):
        outgoing = taken(message_id)
        with transaction() as session:
            deliveries.postpone(session, outgoing, "450 busy")
            session.execute(update(Message).values(deliver_after=LONG_AGO))
    assert state(message_id) == "queued"
    with transaction() as session:
        assert session.scalars(select(Ticket.reason)).one() == "delivery_failed"
        session.execute(update(Message).values(created_at=func.now() - timedelta(days=2)))
    outgoing = taken(message_id)
    with transaction() as session:
        deliveries.postpone(session, outgoing, "450 busy")
    assert state(message_id) == "failed"


def test_a_late_sender_does_not_undo_what_was_parked(message_id: int) -> None:
    outgoing = taken(message_id)
    with transaction() as session:
        deliveries.park_unknown(session, outgoing)
        deliveries.postpone(session, outgoing, "too slow")
        deliveries.mark_sent(session, outgoing)
    assert state(message_id) == "unknown"


def test_a_refused_reply_of_a_resolved_ticket_is_in_the_staff_queue(message_id: int) -> None:
    outgoing = taken(message_id)
    with transaction() as session:
        lifecycle.set_status(session, outgoing.ticket_id, Status.RESOLVED, actor="AGENT-1")
        deliveries.mark_failed(session, outgoing, "550 no such user")
    with transaction() as session:
        rows = queries.list_staff_queue(session, queries.Filters(waiting_for_staff=True))
    assert [(row.ticket.status, row.ticket.reason) for row in rows] == [("escalated", "delivery_failed")]


def test_the_sweep_settles_only_the_send_that_it_saw(message_id: int) -> None:
    stale = taken(message_id)
    with transaction() as session:
        session.execute(update(Message).values(deliver_after=LONG_AGO))
        found = deliveries.sweep(session)
        assert found.sending == [(message_id, stale.token)]
        deliveries.postpone(session, stale, "450 busy")
        session.execute(update(Message).values(deliver_after=LONG_AGO))
    fresh = taken(message_id)
    with transaction() as session:
        deliveries.park_unknown(session, stale)
    assert state(message_id) == "sending"
    with transaction() as session:
        deliveries.mark_sent(session, fresh)
    assert state(message_id) == "sent"


def test_the_sweep_asks_again_for_a_lost_delivery(message_id: int, run_jobs: CollectedJobs) -> None:
    run_jobs.lose()
    with transaction() as session:
        session.execute(update(Message).values(deliver_after=LONG_AGO))
    sweep_deliveries()
    assert run_jobs.names() == ["ingestion.tasks.deliver_reply"]


def test_a_chat_reply_is_delivered_when_its_page_has_shown_it(run_jobs: CollectedJobs) -> None:
    with transaction() as session:
        intake.receive(session, a_message(channel=Channel.WEB_CHAT, thread="c1", identity="v1"))
    case = claimed_case()
    with transaction() as session:
        lifecycle.reply(session, case, a_decision())
        message_id = session.scalars(select(Message.id).where(Message.delivery == "queued")).one()
    with transaction() as session:
        deliveries.acknowledge_chat(session, "c1", message_id)
    assert state(message_id) == "sent"


def test_only_what_a_person_wrote_leaves_as_a_persons(message_id: int) -> None:
    assert taken(message_id).by_agent
    with transaction() as session:
        ticket_id = session.scalars(select(Ticket.id)).one()
        told = lifecycle.tell(session, ticket_id, "That is done.")
        written = lifecycle.staff_reply(session, ticket_id, "Hello", staff="AGENT-1", name="Bob", seen_seq=9)
    assert told is not None
    assert taken(told).by_agent
    assert not taken(written).by_agent
