"""From a help desk's webhook to the comment that answers it, against the vendors' stubs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text, update

from ingestion import tasks
from runtime.database import transaction
from tests.ingestion.channels.platforms import payload
from tests.ingestion.help_desks import Desk, ask, deliver, limited_for_a_minute, running_desk
from tests.jobs import CollectedJobs
from tests.samples import a_decision, claimed_case
from tests.stubs.vendor_stub import Answer
from tickets import deliveries, lifecycle
from tickets.contracts import Channel, Delivery, Kind, Reason
from tickets.models import Message, Ticket

WORDS = "We are sorry. Send it back free of charge."


@pytest.fixture(params=[Channel.ZENDESK, Channel.INTERCOM])
def desk(request: pytest.FixtureRequest, run_jobs: CollectedJobs) -> Iterator[Desk]:
    with running_desk(request.param) as running:
        yield running


def answer(jobs: CollectedJobs) -> int:
    """The agent answers; the id of the reply, which nobody has delivered yet."""
    case = claimed_case()
    jobs.lose()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft=WORDS))
    with transaction() as session:
        found = session.scalars(select(Message.id).where(Message.kind == Kind.OUTBOUND).order_by(Message.id))
        return list(found)[-1]


def state_of(message_id: int) -> tuple[str | None, str]:
    with transaction() as session:
        message = session.scalars(select(Message).where(Message.id == message_id)).one()
    return message.delivery, message.delivery_error


def inbound() -> list[str]:
    with transaction() as session:
        query = select(Message.text).where(Message.kind == Kind.INBOUND).order_by(Message.id)
        return list(session.scalars(query))


def make_due(message_id: int) -> None:
    with transaction() as session:
        past = func.now() - text("interval '5 seconds'")
        session.execute(update(Message).where(Message.id == message_id).values(deliver_after=past))


def test_a_question_is_answered_by_exactly_one_comment(desk: Desk, run_jobs: CollectedJobs) -> None:
    ask(desk)
    message_id = answer(run_jobs)
    run_jobs()
    tasks.deliver_reply(message_id)
    tasks.sweep_deliveries()
    run_jobs()
    assert desk.replies() == [f"<p>{WORDS}</p>"]
    assert state_of(message_id) == (Delivery.SENT, "")


def test_an_addition_belongs_to_the_same_ticket(desk: Desk, run_jobs: CollectedJobs) -> None:
    ask(desk)
    assert deliver(desk, payload(desk.addition)) == 200
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1
    assert len(inbound()) == 2


def test_a_replayed_delivery_is_stored_once(desk: Desk) -> None:
    for _time in range(3):
        assert deliver(desk, payload(desk.question)) == 200
    assert len(inbound()) == 1


def test_deliveries_of_the_same_moment_are_one_message(desk: Desk) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: deliver(desk, payload(desk.question)), range(4)))
    assert answers == [200] * 4
    assert len(inbound()) == 1


def test_our_own_comment_that_comes_back_does_not_loop(desk: Desk, run_jobs: CollectedJobs) -> None:
    ask(desk)
    answer(run_jobs)
    run_jobs()
    own = {Channel.ZENDESK: "zendesk/comment_by_staff", Channel.INTERCOM: "intercom/admin_replied"}
    assert deliver(desk, payload(own[desk.channel])) == 200
    assert len(inbound()) == 1
    assert run_jobs.published == []


def test_of_a_forged_or_unreadable_delivery_nothing_is_stored(desk: Desk) -> None:
    body = payload(desk.question)
    assert deliver(desk, body, headers={}) == 401
    assert deliver(desk, body + b" ", headers=desk.sign(body)) == 401
    assert deliver(desk, b"{") == 422
    assert deliver(desk, b"{}") == 422
    assert inbound() == []


def test_a_reply_whose_answer_was_lost_is_settled_by_evidence(desk: Desk, run_jobs: CollectedJobs) -> None:
    ask(desk)
    message_id = answer(run_jobs)
    desk.stub.then(Answer(200, cut=True, taken_first=True))
    tasks.deliver_reply(message_id)
    assert state_of(message_id)[0] == Delivery.SENDING
    make_due(message_id)
    tasks.sweep_deliveries()
    assert state_of(message_id) == (Delivery.SENT, "")
    assert len(desk.replies()) == 1


def test_a_process_that_died_after_the_send_is_settled_by_evidence(
    desk: Desk, run_jobs: CollectedJobs
) -> None:
    ask(desk)
    message_id = answer(run_jobs)
    with transaction() as session:
        outgoing = deliveries.claim_delivery(session, message_id)
    assert outgoing is not None
    tasks.SENDERS[desk.channel].send(outgoing)
    make_due(message_id)
    tasks.sweep_deliveries()
    run_jobs()
    assert state_of(message_id) == (Delivery.SENT, "")
    assert len(desk.replies()) == 1


def test_a_process_that_died_before_the_send_sends_again(desk: Desk, run_jobs: CollectedJobs) -> None:
    ask(desk)
    message_id = answer(run_jobs)
    with transaction() as session:
        assert deliveries.claim_delivery(session, message_id)
    make_due(message_id)
    tasks.sweep_deliveries()
    assert state_of(message_id)[0] == Delivery.QUEUED
    make_due(message_id)
    tasks.deliver_reply(message_id)
    assert state_of(message_id)[0] == Delivery.SENT
    assert len(desk.replies()) == 1


def test_a_limit_postpones_the_reply_for_as_long_as_the_vendor_says(
    desk: Desk, run_jobs: CollectedJobs
) -> None:
    ask(desk)
    message_id = answer(run_jobs)
    desk.stub.then(limited_for_a_minute())
    run_jobs()
    with transaction() as session:
        message = session.scalars(select(Message).where(Message.id == message_id)).one()
        assert message.delivery == Delivery.QUEUED
        assert message.deliver_after is not None
        assert 50 < (message.deliver_after - datetime.now(UTC)).total_seconds() <= 61
    make_due(message_id)
    tasks.deliver_reply(message_id)
    assert len(desk.replies()) == 1


def test_a_refused_reply_goes_to_staff(desk: Desk, run_jobs: CollectedJobs) -> None:
    ticket_id = ask(desk)
    message_id = answer(run_jobs)
    desk.stub.then(Answer(404))
    run_jobs()
    assert state_of(message_id)[0] == Delivery.FAILED
    with transaction() as session:
        assert (
            session.scalars(select(Ticket).where(Ticket.id == ticket_id)).one().reason
            == Reason.DELIVERY_FAILED
        )
