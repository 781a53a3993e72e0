"""A ticket's states, on a real database."""

import threading
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from ingestion import intake
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle, queries, wakeups
from tickets.contracts import Channel, Kind, Owner, Priority, Reason, Status
from tickets.models import Customer, Message, Ticket


def read(ticket_id: int) -> Ticket:
    with transaction() as session:
        return session.scalars(select(Ticket).where(Ticket.id == ticket_id)).one()


def receive(**changes: object) -> int:
    with transaction() as session:
        return intake.receive(session, a_message(**changes)).ticket_id


def test_a_message_opens_a_pending_ticket_with_owner_and_deadline(run_jobs: CollectedJobs) -> None:
    ticket = read(receive(text="Where is my parcel?", subject="Parcel"))
    assert (ticket.status, ticket.owner, ticket.last_inbound_seq, ticket.handled_seq) == (
        "new",
        "agent",
        1,
        0,
    )
    seconds = (ticket.answer_due_at - ticket.created_at).total_seconds()
    assert seconds == pytest.approx(settings().agent.mail_deadline_s, abs=1)
    assert ticket.public_id.startswith("TKT-")
    assert run_jobs.names() == [wakeups.ANSWER_NEXT]


def test_the_same_message_twice_is_one_message(run_jobs: CollectedJobs) -> None:
    message = a_message()
    with transaction() as session:
        first = intake.receive(session, message)
    with transaction() as session:
        second = intake.receive(session, message)
    assert (second.ticket_id, second.message_id, second.duplicate) == (
        first.ticket_id,
        first.message_id,
        True,
    )
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 1


@pytest.mark.parametrize("thread", ["", "conversation-1"])
def test_the_same_message_at_the_same_moment_is_one_message(run_jobs: CollectedJobs, thread: str) -> None:
    message = a_message(thread=thread, channel=Channel.WEB_CHAT if thread else Channel.API)
    together = threading.Barrier(8)
    duplicates: list[bool] = []

    def deliver() -> None:
        together.wait()
        with transaction() as session:
            duplicates.append(intake.receive(session, message).duplicate)

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread_ in threads:
        thread_.start()
    for thread_ in threads:
        thread_.join()
    assert sorted(duplicates) == [False] + [True] * 7
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 1
        assert session.scalar(select(func.count()).select_from(Customer)) == 1


def test_the_same_key_with_another_content_is_a_conflict(run_jobs: CollectedJobs) -> None:
    message = a_message(fingerprint="a")
    with transaction() as session:
        intake.receive(session, message)
    with pytest.raises(Conflict), transaction() as session:
        intake.receive(session, replace(message, fingerprint="b"))


def test_the_most_urgent_ticket_is_claimed_first(run_jobs: CollectedJobs) -> None:
    receive(priority=Priority.LOW)
    critical = receive(priority=Priority.CRITICAL)
    receive(priority=Priority.HIGH)
    with transaction() as session:
        claimed = lifecycle.claim(session)
    assert claimed is not None
    assert claimed[0] == critical


def test_two_workers_never_claim_the_same_ticket(run_jobs: CollectedJobs) -> None:
    expected = {receive() for _ in range(20)}
    claimed: list[int] = []

    def work() -> None:
        while True:
            with transaction() as session:
                found = lifecycle.claim(session)
            if found is None:
                return
            claimed.append(found[0])

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed))
    assert set(claimed) == expected


def test_a_reply_is_queued_for_delivery_and_waits_for_the_customer(run_jobs: CollectedJobs) -> None:
    ticket_id = receive(channel=Channel.MAIL)
    case = claimed_case()
    run_jobs.lose()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft="Here it is."))
    ticket = read(ticket_id)
    assert (ticket.status, ticket.owner, ticket.handled_seq) == ("waiting_customer", "agent", 1)
    with transaction() as session:
        details = queries.read_ticket(session, ticket.public_id)
    assert details.reply is not None
    assert (details.reply.text, details.reply.delivery, details.reply.author) == (
        "Here it is.",
        "queued",
        "agent",
    )
    assert details.reply.mail_id.endswith("@example.com")
    assert run_jobs.names() == [wakeups.DELIVER_REPLY]


def test_a_newer_message_makes_the_draft_void_and_both_are_answered_together(run_jobs: CollectedJobs) -> None:
    ticket_id = receive(channel=Channel.WEB_CHAT, thread="c1", text="Where is my parcel?")
    case = claimed_case()
    receive(channel=Channel.WEB_CHAT, thread="c1", text="It is A-10423.")
    with transaction() as session:
        assert not lifecycle.reply(session, case, a_decision())
    assert read(ticket_id).handled_seq == 0
    again = claimed_case()
    assert again.question == "Where is my parcel?\n\nIt is A-10423."
    with transaction() as session:
        assert lifecycle.reply(session, again, a_decision())
        replies = select(func.count()).where(Message.kind == Kind.OUTBOUND)
        assert session.scalar(replies) == 1


def test_a_worker_that_woke_up_late_cannot_answer(run_jobs: CollectedJobs) -> None:
    ticket_id = receive()
    late = claimed_case()
    with transaction() as session:
        session.execute(
            update(Ticket).values(claimed_until=func.now() - func.make_interval(0, 0, 0, 0, 0, 0, 1))
        )
    quick = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, quick, a_decision(draft="quick"))
    with transaction() as session:
        assert not lifecycle.reply(session, late, a_decision(draft="late"))
    with transaction() as session:
        texts = session.scalars(
            select(Message.text).where(Message.ticket_id == ticket_id, Message.kind == "outbound")
        )
        assert list(texts) == ["quick"]


def test_staff_who_take_a_ticket_make_the_agents_draft_void(run_jobs: CollectedJobs) -> None:
    ticket_id = receive()
    case = claimed_case()
    with transaction() as session:
        lifecycle.assign(session, ticket_id, "AGENT-00000001", actor="AGENT-00000001")
    with transaction() as session:
        assert not lifecycle.reply(session, case, a_decision())
    ticket = read(ticket_id)
    assert (ticket.owner, ticket.status, ticket.reason) == ("staff", "escalated", "taken_by_staff")


def test_an_escalation_has_one_reason_and_a_deadline_for_staff(run_jobs: CollectedJobs) -> None:
    ticket_id = receive()
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL, draft="Draft."))
    ticket = read(ticket_id)
    assert (ticket.owner, ticket.status, ticket.reason) == ("staff", "escalated", "legal")
    assert ticket.staff_due_at is not None
    with transaction() as session:
        assert [
            row.ticket.id
            for row in queries.list_staff_queue(session, queries.Filters(waiting_for_staff=True))
        ] == [ticket_id]


def test_an_escalation_without_a_reason_is_refused(run_jobs: CollectedJobs) -> None:
    receive()
    case = claimed_case()
    with pytest.raises(InvalidInput), transaction() as session:
        lifecycle.escalate(session, case, a_decision(reason=None))


def test_a_message_nobody_answered_by_its_deadline_is_in_the_staff_queue(run_jobs: CollectedJobs) -> None:
    ticket_id = receive()
    with transaction() as session:
        assert queries.list_staff_queue(session, queries.Filters(waiting_for_staff=True)) == []
        session.execute(
            update(Ticket).values(answer_due_at=func.now() - func.make_interval(0, 0, 0, 0, 0, 0, 1))
        )
    with transaction() as session:
        rows = queries.list_staff_queue(session, queries.Filters(waiting_for_staff=True))
    assert [row.ticket.id for row in rows] == [ticket_id]


def test_staff_reply_and_resolve(run_jobs: CollectedJobs) -> None:
    ticket_id = receive(channel=Channel.MAIL)
    case = claimed_case()
    with transaction() as session:
        lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL))
    with transaction() as session:
        lifecycle.staff_reply(session, ticket_id, "Hello", staff="AGENT-1", name="Bob", seen_seq=1)
        lifecycle.set_status(session, ticket_id, Status.RESOLVED, actor="AGENT-1")
    ticket = read(ticket_id)
    assert (ticket.status, ticket.assignee, ticket.owner) == ("resolved", "AGENT-1", "staff")
    assert ticket.resolved_at is not None


def test_a_reply_against_a_newer_message_stops(run_jobs: CollectedJobs) -> None:
    ticket_id = receive(channel=Channel.WEB_CHAT, thread="c1")
    receive(channel=Channel.WEB_CHAT, thread="c1", text="One more thing")
    with pytest.raises(Conflict, match="newer message"), transaction() as session:
        lifecycle.staff_reply(session, ticket_id, "Hello", staff="AGENT-1", name="Bob", seen_seq=1)


def test_a_customer_who_writes_again_opens_a_resolved_ticket_for_staff_who_had_it(
    run_jobs: CollectedJobs,
) -> None:
    ticket_id = receive(channel=Channel.WEB_CHAT, thread="c1")
    with transaction() as session:
        lifecycle.staff_reply(session, ticket_id, "Hello", staff="AGENT-1", name="Bob", seen_seq=1)
        lifecycle.set_status(session, ticket_id, Status.RESOLVED, actor="AGENT-1")
    assert receive(channel=Channel.WEB_CHAT, thread="c1", text="It is still broken") == ticket_id
    ticket = read(ticket_id)
    assert (ticket.owner, ticket.status, ticket.reason) == ("staff", "escalated", "reopened")


def test_a_late_message_to_a_closed_ticket_opens_a_linked_one(run_jobs: CollectedJobs) -> None:
    ticket_id = receive(channel=Channel.WEB_CHAT, thread="c1")
    with transaction() as session:
        lifecycle.set_status(session, ticket_id, Status.CLOSED, actor="AGENT-1")
    later = receive(channel=Channel.WEB_CHAT, thread="c1", text="Hello again")
    assert later != ticket_id
    assert read(later).linked_to == ticket_id


def test_a_closed_ticket_changes_no_more(run_jobs: CollectedJobs) -> None:
    ticket_id = receive()
    with transaction() as session:
        lifecycle.set_status(session, ticket_id, Status.CLOSED, actor="AGENT-1")
    with pytest.raises(Conflict, match="closed cannot become open"), transaction() as session:
        lifecycle.set_status(session, ticket_id, Status.OPEN, actor="AGENT-1")


def test_a_ticket_tried_too_often_is_named_by_the_sweep_and_not_claimed(run_jobs: CollectedJobs) -> None:
    ticket_id = receive()
    for _ in range(settings().agent.max_attempts):
        case = claimed_case()
        with transaction() as session:
            lifecycle.release(session, case.ticket_id, case.claim_token)
    with transaction() as session:
        assert lifecycle.claim(session) is None
        assert wakeups.sweep_pending(session) == 0
        assert lifecycle.give_up(session) == 1
    assert (read(ticket_id).owner, read(ticket_id).reason) == (Owner.STAFF, Reason.AGENT_FAILED)


def test_a_ticket_that_is_being_tried_for_the_last_time_is_not_given_up(run_jobs: CollectedJobs) -> None:
    receive()
    for _ in range(settings().agent.max_attempts):
        case = claimed_case()
        with transaction() as session:
            lifecycle.release(session, case.ticket_id, case.claim_token)
            session.execute(update(Ticket).values(attempts=settings().agent.max_attempts - 1))
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.give_up(session) == 0
        assert lifecycle.reply(session, case, a_decision())


def test_asking_again_does_not_push_a_running_deadline_away(run_jobs: CollectedJobs) -> None:
    ticket_id = receive(channel=Channel.WEB_CHAT, thread="c1")
    with transaction() as session:
        session.execute(
            update(Ticket).values(answer_due_at=func.now() - func.make_interval(0, 0, 0, 0, 0, 0, 1))
        )
    due = read(ticket_id).answer_due_at
    receive(channel=Channel.WEB_CHAT, thread="c1", text="Hello?")
    assert read(ticket_id).answer_due_at == due
    with transaction() as session:
        assert len(queries.list_staff_queue(session, queries.Filters(waiting_for_staff=True))) == 1


def test_a_nudge_does_not_move_an_escalated_ticket_back(run_jobs: CollectedJobs) -> None:
    ticket_id = receive(channel=Channel.WEB_CHAT, thread="c1")
    case = claimed_case()
    with transaction() as session:
        lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL))
    due = read(ticket_id).staff_due_at
    receive(channel=Channel.WEB_CHAT, thread="c1", text="Hello?")
    assert (read(ticket_id).staff_due_at, read(ticket_id).status) == (due, "escalated")


def test_a_message_that_waits_cannot_be_hidden_as_waiting_for_the_customer(run_jobs: CollectedJobs) -> None:
    ticket_id = receive()
    with pytest.raises(Conflict, match="waits for an answer"), transaction() as session:
        lifecycle.set_status(session, ticket_id, Status.WAITING_CUSTOMER, actor="AGENT-1")


def test_a_program_that_changes_a_ticket_does_not_take_it_on(run_jobs: CollectedJobs) -> None:
    ticket_id = receive()
    with transaction() as session:
        lifecycle.set_status(session, ticket_id, Status.ESCALATED, actor="KEY-3")
    assert read(ticket_id).assignee is None


def test_an_agents_reply_that_waits_is_withdrawn_when_staff_reply(run_jobs: CollectedJobs) -> None:
    ticket_id = receive(channel=Channel.MAIL)
    case = claimed_case()
    with transaction() as session:
        lifecycle.reply(session, case, a_decision(draft="The agent's words."))
    with transaction() as session:
        lifecycle.staff_reply(session, ticket_id, "Staff's words.", staff="AGENT-1", name="Bob", seen_seq=2)
    with transaction() as session:
        replies = session.execute(
            select(Message.text, Message.delivery).where(Message.kind == Kind.OUTBOUND).order_by(Message.seq)
        ).all()
    assert [tuple(reply) for reply in replies] == [
        ("The agent's words.", "failed"),
        ("Staff's words.", "queued"),
    ]


def test_a_lost_wake_up_is_asked_for_again(run_jobs: CollectedJobs) -> None:
    receive()
    run_jobs.lose()
    with transaction() as session:
        assert wakeups.sweep_pending(session) == 1
    assert run_jobs.names() == [wakeups.ANSWER_NEXT]


def test_a_transaction_that_is_undone_publishes_nothing(run_jobs: CollectedJobs) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        intake.receive(session, a_message())
        raise ZeroDivisionError
    assert run_jobs.names() == []
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_the_case_is_redacted(run_jobs: CollectedJobs) -> None:
    receive(text="My card 4111 1111 1111 1111 and carol@example.com", name="Alice")
    case = claimed_case()
    assert case.question == "My card [CREDIT_CARD 1] and [EMAIL_ADDRESS]"


def test_a_note_is_no_part_of_the_case(run_jobs: CollectedJobs) -> None:
    ticket_id = receive()
    with transaction() as session:
        lifecycle.add_note(
            session, ticket_id, "Careful, this is a friend of the house.", staff="AGENT-1", name="Bob"
        )
    case = claimed_case()
    assert case.earlier == ()


def test_external_ids_are_kept_apart_by_channel(run_jobs: CollectedJobs) -> None:
    same = uuid.uuid4().hex
    assert receive(external_id=same, channel=Channel.API) != receive(external_id=same, channel=Channel.X)


def test_the_case_names_what_the_message_names(run_jobs: CollectedJobs) -> None:
    receive(text="My order A-10423 of 2026-11-02 cost $12.50, see https://example.com/a")
    found = {one.kind: one.text for one in claimed_case().entities}
    assert found["order_id"] == "A-10423"
    assert found["amount"] == "$12.50"
    assert {"date", "url"} <= set(found)


def test_a_customer_to_whom_nobody_wrote_is_not_waited_for(run_jobs: CollectedJobs) -> None:
    ticket_id = receive()
    with transaction() as session:
        lifecycle.hand_to_staff(session, ticket_id, Reason.LEGAL)
    with transaction() as session, pytest.raises(Conflict, match="waits for an answer"):
        lifecycle.set_status(session, ticket_id, Status.WAITING_CUSTOMER, actor="AGENT-1")
