"""Staff put a ticket aside until a moment; it comes back then, or when its customer writes."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from runtime.errors import Conflict, InvalidInput
from tickets import assignment, outbox, timeline
from tickets.contracts import Author, Owner, Reason, Status
from tickets.lifecycle.staff_work import lock, refuse_unseen, take
from tickets.lifecycle.states import TRANSITIONS
from tickets.models import Ticket

_LONGEST = timedelta(days=366)


def snooze(
    session: Session, ticket_id: int, until: datetime, *, actor: str, seen_seq: int | None = None
) -> None:
    """Nobody has to act before `until`. Raises InvalidInput for a moment that is past or too far, or Conflict."""
    now = datetime.now(UTC)
    if until.tzinfo is None or not now < until <= now + _LONGEST:
        raise InvalidInput("Choose a moment within the next year.", field="until")
    ticket = lock(session, ticket_id)
    if seen_seq is not None:
        refuse_unseen(session, ticket, seen_seq)
    if Status.SNOOZED not in TRANSITIONS[Status(ticket.status)]:
        raise Conflict(f"A ticket that is {ticket.status} cannot be put aside.", field="status")
    take(ticket, actor)
    ticket.status = Status.SNOOZED
    ticket.snoozed_until = until
    ticket.staff_due_at = until
    ticket.handled_seq = ticket.last_inbound_seq
    ticket.updated_at = now
    session.flush()
    outbox.withdraw_agents(session, ticket_id)
    timeline.record(session, ticket_id, "snoozed", actor=actor, until=until.isoformat())


def wake_snoozed(session: Session, *, limit: int = 200) -> int:
    """Tickets whose moment has come wait for staff again; returns how many. Until then the queue shows them anyway."""
    due = (
        select(Ticket.id)
        .where(Ticket.status == Status.SNOOZED, Ticket.snoozed_until <= func.now())
        .order_by(Ticket.snoozed_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    woken = session.scalars(
        update(Ticket)
        .where(Ticket.id.in_(due))
        .values(
            owner=Owner.STAFF,
            status=Status.ESCALATED,
            reason=Reason.SNOOZE_OVER,
            snoozed_until=None,
            updated_at=func.now(),
        )
        .returning(Ticket.id)
    ).all()
    for ticket_id in woken:
        timeline.record(session, ticket_id, "woke", actor=Author.SYSTEM)
        assignment.place(session, ticket_id)
    return len(woken)
