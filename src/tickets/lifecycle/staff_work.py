"""The staff's half: reply, assign, note, resolve."""

from datetime import UTC, datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from runtime.errors import Conflict, InvalidInput
from tickets import outbox, sla, timeline, wakeups
from tickets.contracts import Author, Kind, Owner, Priority, Reason, Status
from tickets.lifecycle.states import DONE, NEED_MORE, TRANSITIONS
from tickets.models import Attachment, Message, Ticket
from tickets.thanks import is_only_thanks


def lock(session: Session, ticket_id: int) -> Ticket:
    """Hold the ticket's row. Whoever also needs rows that belong to it takes this one first."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.id == ticket_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def staff_reply(  # noqa: PLR0913  # keyword-only: who, what they saw, how long it can be taken back
    session: Session,
    ticket_id: int,
    text: str,
    *,
    staff: str,
    name: str,
    seen_seq: int,
    hold_s: float = 0.0,
) -> int:
    """A reply written or approved by staff; returns the message's id.

    `seen_seq` is the newest message the writer saw: raises Conflict when a newer one came. For `hold_s` seconds
    it can be taken back by `undo_reply`.
    """
    if not text.strip():
        raise InvalidInput("The reply is empty.", field="text")
    ticket = lock(session, ticket_id)
    refuse_unseen(session, ticket, seen_seq)
    before = state_before(ticket)
    _move(ticket, Status.WAITING_CUSTOMER)
    take(ticket, staff)
    ticket.handled_seq = ticket.last_inbound_seq
    session.flush()
    wakeups.request_status(session, ticket)
    outbox.withdraw_agents(session, ticket_id)
    message_id = outbox.queue_reply(
        session, ticket_id, text.strip(), author=Author.STAFF, name=name, hold_s=hold_s
    )
    timeline.record(
        session, ticket_id, "replied", actor=staff, message_id=message_id, held_s=hold_s, before=before
    )
    return message_id


def refuse_unseen(session: Session, ticket: Ticket, seen_seq: int) -> None:
    """Raises Conflict: what a person wrote since must be read first.

    A machine's mail or a colleague's note does not stop anybody.
    """
    newer = select(Message.id).where(
        Message.ticket_id == ticket.id,
        Message.seq > seen_seq,
        Message.kind.in_((Kind.INBOUND, Kind.OUTBOUND)) | (Message.automatic == "participant"),
    )
    if session.scalar(newer.limit(1)) is not None:
        raise Conflict("A newer message came in: read it before you go on.", field="seen_seq")


def state_before(ticket: Ticket) -> dict[str, str | None]:
    """What `undo_reply` restores, as the timeline keeps it."""
    return {
        "status": ticket.status,
        "owner": ticket.owner,
        "assignee": ticket.assignee,
        "reason": ticket.reason,
        "staff_due_at": ticket.staff_due_at.isoformat() if ticket.staff_due_at else None,
        "snoozed_until": ticket.snoozed_until.isoformat() if ticket.snoozed_until else None,
    }


def take(ticket: Ticket, staff: str) -> None:
    """Staff own it, whatever a worker may be doing with it."""
    ticket.owner = Owner.STAFF
    if staff.startswith("AGENT-"):  # A program that changes a ticket does not take it on.
        ticket.assignee = ticket.assignee or staff
    ticket.claim_token = None
    ticket.claimed_until = None
    ticket.staff_due_at = ticket.staff_due_at or sla.deadline(Priority(ticket.priority))


def _move(ticket: Ticket, to: Status) -> None:
    present = Status(ticket.status)
    if to is present:
        return
    if to not in TRANSITIONS[present]:
        raise Conflict(f"A ticket that is {present} cannot become {to}.", field="status")
    if present in DONE and to not in DONE:  # Opened again: the deadline begins anew.
        ticket.staff_due_at = sla.deadline(Priority(ticket.priority))
    ticket.status = to
    ticket.snoozed_until = None
    ticket.updated_at = datetime.now(UTC)
    ticket.resolved_at = datetime.now(UTC) if to in DONE else None


def set_status(
    session: Session, ticket_id: int, status: Status, *, actor: str, seen_seq: int | None = None
) -> None:
    """A change of status by a person. Raises Conflict when the transition is not allowed.

    `seen_seq` is the newest message that the person saw: what came after it is not resolved unread.
    """
    if status in NEED_MORE:
        raise InvalidInput(f"A ticket becomes {status} by an action of its own.", field="status")
    ticket = lock(session, ticket_id)
    if seen_seq is not None:
        refuse_unseen(session, ticket, seen_seq)
    if status is Status.WAITING_CUSTOMER and not _was_answered(session, ticket):
        raise Conflict("The customer waits for an answer: reply or resolve first.", field="status")
    _move(ticket, status)
    take(ticket, actor)
    if status in (*DONE, Status.WAITING_CUSTOMER):  # What came since the answer were thanks, if anything.
        ticket.handled_seq = ticket.last_inbound_seq
    session.flush()
    if status in DONE:
        outbox.withdraw_agents(session, ticket_id)
    wakeups.request_status(session, ticket)
    timeline.record(session, ticket_id, "status", actor=actor, status=status)


def _was_answered(session: Session, ticket: Ticket) -> bool:
    """Whether all that the customer asked was answered; the desk's own notices answer nothing, thanks ask nothing."""
    answers = select(func.max(Message.seq)).where(
        Message.ticket_id == ticket.id,
        Message.kind == Kind.OUTBOUND,
        Message.author != Author.SYSTEM,
        Message.delivery_error != outbox.OVERTAKEN,
    )
    answered_until = session.scalar(answers)
    if answered_until is None:
        return False
    with_file = select(Attachment.id).where(Attachment.message_id == Message.id).exists()
    since = select(Message.text, Message.author_name, with_file).where(
        Message.ticket_id == ticket.id, Message.kind == Kind.INBOUND, Message.seq > answered_until
    )
    return all(
        not has_file and is_only_thanks(text, name=name) for text, name, has_file in session.execute(since)
    )


def assign(session: Session, ticket_id: int, assignee: str | None, *, actor: str) -> None:
    """Give the ticket to one of the staff, or to nobody. Staff own it from then on."""
    ticket = lock(session, ticket_id)
    if Status(ticket.status) in DONE:
        raise Conflict(f"A ticket that is {ticket.status} cannot be assigned.", field="assignee")
    agents = ticket.owner == Owner.AGENT
    take(ticket, actor)
    ticket.assignee = assignee
    ticket.reason = Reason.TAKEN_BY_STAFF if agents else ticket.reason
    if agents and ticket.last_inbound_seq > ticket.handled_seq:
        ticket.status = Status.ESCALATED
    ticket.handled_seq = ticket.last_inbound_seq
    session.flush()
    outbox.withdraw_agents(session, ticket_id)
    # The agent's answer that waited to be sent is gone: whoever took the ticket owes one.
    if agents and ticket.status == Status.WAITING_CUSTOMER and not _was_answered(session, ticket):
        ticket.status = Status.ESCALATED
    timeline.record(session, ticket_id, "assigned", actor=actor, assignee=assignee)


def add_note(session: Session, ticket_id: int, text: str, *, staff: str, name: str) -> None:
    """An internal note; customers never see it."""
    if not text.strip():
        raise InvalidInput("The note is empty.", field="text")
    ticket = lock(session, ticket_id)
    ticket.last_seq += 1
    session.flush()
    session.execute(
        insert(Message).values(
            ticket_id=ticket_id,
            seq=ticket.last_seq,
            kind=Kind.NOTE,
            author=Author.STAFF,
            author_name=name,
            text=text.strip(),
        )
    )
    timeline.record(session, ticket_id, "noted", actor=staff)


def mark_learned(session: Session, ticket_id: int) -> None:
    session.execute(update(Ticket).where(Ticket.id == ticket_id).values(learned_at=func.now()))
