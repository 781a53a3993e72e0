"""Snooze, merge, split, hand back and undo: nobody is left silent by any of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.ticket_views import read_view
from ingestion import intake
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound
from tests.console.desk import escalated, receive
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import deliveries, lifecycle, queries
from tickets.contracts import Channel, FileContent, MailHeaders, Reason, Status
from tickets.models import Attachment, Message, Ticket
from tickets.queries import Filters

CAROL = "AGENT-CAR0L000"


@pytest.fixture(autouse=True)
def _desk(run_jobs: CollectedJobs) -> None:
    """Jobs are collected."""


def read(public_id: str) -> Ticket:
    with transaction() as session:
        return queries.find_ticket(session, public_id)


def waiting() -> set[str]:
    with transaction() as session:
        rows = queries.list_staff_queue(session, Filters(waiting_for_staff=True))
        return {row.ticket.public_id for row in rows}


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


def snoozed(**message: Any) -> str:
    public_id = escalated(**message)
    with transaction() as session:
        lifecycle.snooze(session, read(public_id).id, in_hours(2), actor=CAROL)
    return public_id


def let_pass(public_id: str) -> None:
    with transaction() as session:
        past = datetime.now(UTC) - timedelta(minutes=1)
        session.execute(
            update(Ticket).where(Ticket.public_id == public_id).values(snoozed_until=past, staff_due_at=past)
        )


def mail(name: str, text: str, *, answers: str = "") -> dict[str, Any]:
    headers = MailHeaders(f"{name}@customers.example.com", in_reply_to=answers)
    return {"channel": Channel.MAIL, "mail": headers, "text": text}


def test_a_snoozed_ticket_rests_until_its_moment_and_then_waits_again() -> None:
    public_id = snoozed()
    assert waiting() == set()
    let_pass(public_id)
    assert waiting() == {public_id}, "the queue shows it before any job has run"
    with transaction() as session:
        assert lifecycle.wake_snoozed(session) == 1
        assert lifecycle.wake_snoozed(session) == 0
    woken = read(public_id)
    assert (woken.status, woken.reason, woken.snoozed_until) == ("escalated", "snooze_over", None)


def test_the_customer_ends_the_pause_by_writing() -> None:
    public_id = snoozed(**mail("first", "Where is it?"))
    with transaction() as session:
        again = a_message(**mail("second", "Hello?", answers="first@customers.example.com"))
        assert intake.receive(session, again).public_id == public_id
    woken = read(public_id)
    assert (woken.status, woken.snoozed_until) == ("escalated", None)
    assert woken.staff_due_at is not None
    assert waiting() == {public_id}


@pytest.mark.parametrize("hours", [-1, 0, 24 * 400])
def test_a_moment_that_is_past_or_too_far_is_refused(hours: float) -> None:
    public_id = escalated()
    with pytest.raises(InvalidInput, match="next year"), transaction() as session:
        lifecycle.snooze(session, read(public_id).id, in_hours(hours), actor=CAROL)
    assert read(public_id).status == "escalated"


def merged() -> tuple[str, str]:
    first = escalated(**mail("first", "Where is it?"))
    second = escalated(**mail("second", "Hello?"))
    with transaction() as session:
        lifecycle.merge(session, read(second).id, read(first).id, actor=CAROL)
    return first, second


def test_after_a_merge_one_ticket_waits_with_the_nearer_deadline() -> None:
    first, second = escalated(**mail("a", "Where?")), escalated(**mail("b", "Hello?"))
    with transaction() as session:
        soon = in_hours(0.5)
        session.execute(update(Ticket).where(Ticket.public_id == second).values(staff_due_at=soon))
        lifecycle.merge(session, read(second).id, read(first).id, actor=CAROL)
    assert waiting() == {first}
    assert read(first).staff_due_at == soon
    assert (read(second).status, read(second).merged_into) == ("merged", read(first).id)


def test_what_the_customer_writes_to_a_merged_ticket_arrives_in_the_other() -> None:
    first, second = merged()
    with transaction() as session:
        again = a_message(**mail("third", "Still nothing", answers="second@customers.example.com"))
        assert intake.receive(session, again).public_id == first
    assert read(second).last_seq == 1


def test_who_owed_an_answer_in_the_merged_ticket_owes_it_in_the_other() -> None:
    first = escalated(**mail("first", "Where is it?"))
    with transaction() as session:
        lifecycle.set_status(session, read(first).id, Status.RESOLVED, actor=CAROL)
    second = escalated(**mail("second", "Hello?"))
    with transaction() as session:
        lifecycle.merge(session, read(second).id, read(first).id, actor=CAROL)
    assert waiting() == {first}
    assert read(first).reason == Reason.MERGED_IN


def test_a_merged_ticket_takes_no_reply_and_no_other_change() -> None:
    _first, second = merged()
    for change in (
        lambda s, t: lifecycle.staff_reply(s, t, "Hi", staff=CAROL, name="Carol", seen_seq=9),
        lambda s, t: lifecycle.assign(s, t, CAROL, actor=CAROL),
        lambda s, t: lifecycle.set_status(s, t, Status.OPEN, actor=CAROL),
        lambda s, t: lifecycle.hand_back(s, t, actor=CAROL),
    ):
        with pytest.raises(Conflict), transaction() as session:
            change(session, read(second).id)


def test_tickets_of_different_customers_are_never_merged() -> None:
    hers, his = escalated(), escalated(identity="bob@example.com")
    with pytest.raises(InvalidInput, match="same customer"), transaction() as session:
        lifecycle.merge(session, read(his).id, read(hers).id, actor=CAROL)
    with pytest.raises(InvalidInput, match="itself"), transaction() as session:
        lifecycle.merge(session, read(his).id, read(his).id, actor=CAROL)


def test_a_message_is_split_off_into_a_linked_ticket_with_its_files() -> None:
    file = FileContent("photo.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"0" * 64)
    public_id = escalated(**mail("first", "And an invoice, please."), attachments=(file,))
    with transaction() as session:
        new = lifecycle.split(session, read(public_id).id, 1, actor=CAROL, subject="The invoice")
    assert waiting() == {public_id, new}
    ticket = read(new)
    assert (ticket.subject, ticket.linked_to, ticket.assignee) == ("The invoice", read(public_id).id, CAROL)
    with transaction() as session:
        message = session.scalars(select(Message).where(Message.ticket_id == ticket.id)).one()
        assert (message.text, message.mail_references) == (
            "And an invoice, please.", ["first@customers.example.com"],
        )  # fmt: skip
        kept = session.scalars(select(Attachment).where(Attachment.message_id == message.id)).one()
        assert kept.name == "photo.png"
    with pytest.raises(NotFound), transaction() as session:
        lifecycle.split(session, ticket.id, 7, actor=CAROL)


def test_what_is_handed_back_unanswered_is_the_agents_to_answer() -> None:
    public_id = escalated(**mail("first", "Where is it?"))
    with transaction() as session:
        lifecycle.assign(session, read(public_id).id, CAROL, actor=CAROL)
        lifecycle.hand_back(session, read(public_id).id, actor=CAROL, seen_seq=1)
    back = read(public_id)
    assert (back.owner, back.assignee, back.staff_due_at) == ("agent", None, None)
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision())
    assert read(public_id).status == "waiting_customer"


def test_what_was_answered_already_is_handed_back_without_another_answer() -> None:
    public_id = escalated(**mail("first", "Where is it?"))
    ticket_id = read(public_id).id
    with transaction() as session:
        lifecycle.staff_reply(session, ticket_id, "On its way.", staff=CAROL, name="Carol", seen_seq=1)
        lifecycle.hand_back(session, ticket_id, actor=CAROL)
        assert lifecycle.claim(session) is None
    assert read(public_id).status == "waiting_customer"


def sent(public_id: str, *, hold_s: float = 30.0) -> int:
    with transaction() as session:
        return lifecycle.staff_reply(
            session, read(public_id).id, "Sorry!", staff=CAROL, name="Carol", seen_seq=9, hold_s=hold_s
        )


def test_a_reply_is_taken_back_and_the_ticket_waits_as_before() -> None:
    public_id = escalated(**mail("first", "Where is it?"))
    before = read(public_id)
    message_id = sent(public_id)
    assert waiting() == set()
    with transaction() as session:
        assert deliveries.claim_delivery(session, message_id) is None, "it is held"
        assert lifecycle.undo_reply(session, before.id, message_id, staff=CAROL) == "Sorry!"
    after = read(public_id)
    assert (after.status, after.reason, after.staff_due_at) == (
        before.status, before.reason, before.staff_due_at,
    )  # fmt: skip
    assert waiting() == {public_id}
    with transaction() as session:
        assert session.get(Message, message_id) is None


def test_what_was_the_agents_stays_with_staff_when_the_reply_is_taken_back() -> None:
    public_id = receive(**mail("first", "Where is it?"))
    message_id = sent(public_id)
    with transaction() as session:
        lifecycle.undo_reply(session, read(public_id).id, message_id, staff=CAROL)
    assert waiting() == {public_id}


def test_a_message_that_came_meanwhile_keeps_the_ticket_waiting() -> None:
    public_id = escalated(**mail("first", "Where is it?"))
    message_id = sent(public_id)
    with transaction() as session:
        intake.receive(session, a_message(**mail("b", "?", answers="first@customers.example.com")))
    with transaction() as session:
        lifecycle.undo_reply(session, read(public_id).id, message_id, staff=CAROL)
    assert waiting() == {public_id}


def test_only_its_writer_takes_a_reply_back_and_only_in_time() -> None:
    public_id = escalated(**mail("first", "Where is it?"))
    message_id = sent(public_id)
    with pytest.raises(Conflict), transaction() as session:
        lifecycle.undo_reply(session, read(public_id).id, message_id, staff="AGENT-B0B00000")
    with transaction() as session:
        now = datetime.now(UTC)
        session.execute(update(Message).where(Message.id == message_id).values(deliver_after=now))
    with transaction() as session:
        assert deliveries.claim_delivery(session, message_id) is not None
    with pytest.raises(Conflict, match="too late"), transaction() as session:
        lifecycle.undo_reply(session, read(public_id).id, message_id, staff=CAROL)


def test_who_wrote_by_rest_reads_a_reply_when_it_can_no_more_be_taken_back() -> None:
    public_id = escalated(text="Where is it?")
    message_id = sent(public_id)

    def read_by_rest() -> tuple[list[str], str | None]:
        with transaction() as session:
            view = read_view(session, public_id)
        return [one.text for one in view.messages], view.reply.text if view.reply else None

    assert read_by_rest() == (["Where is it?"], None)
    with transaction() as session:
        assert lifecycle.undo_reply(session, read(public_id).id, message_id, staff=CAROL) == "Sorry!"
    assert waiting() == {public_id}
    second = sent(public_id)
    with transaction() as session:
        now = datetime.now(UTC)
        session.execute(update(Message).where(Message.id == second).values(deliver_after=now))
    assert read_by_rest() == (["Where is it?", "Sorry!"], "Sorry!")
    with pytest.raises(Conflict, match="too late"), transaction() as session:
        lifecycle.undo_reply(session, read(public_id).id, second, staff=CAROL)


def test_the_first_mail_of_a_ticket_that_staff_opened_can_be_taken_back() -> None:
    first = lifecycle.FirstMessage("alice@example.com", "Your order", "It is late.")
    with transaction() as session:
        public_id, message_id = lifecycle.open_by_staff(
            session, first, staff=CAROL, name="Carol", hold_s=30.0
        )
    assert waiting() == set()
    with transaction() as session:
        assert lifecycle.undo_reply(session, read(public_id).id, message_id, staff=CAROL) == "It is late."
    ticket = read(public_id)
    assert (ticket.status, ticket.reason, ticket.assignee) == ("escalated", Reason.TAKEN_BY_STAFF, CAROL)
    assert waiting() == {public_id}


def test_a_held_reply_is_asked_for_by_the_sweep(run_jobs: CollectedJobs) -> None:
    public_id = escalated(**mail("first", "Where is it?"))
    run_jobs.lose()
    message_id = sent(public_id, hold_s=5)
    assert run_jobs.names() == []
    with transaction() as session:
        past = datetime.now(UTC) - timedelta(seconds=3)
        session.execute(update(Message).where(Message.id == message_id).values(deliver_after=past))
        assert deliveries.sweep(session).queued == [message_id]
