"""Looks at what waits for staff: warns before a deadline, and raises an alert for what is critical and left alone."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tickets import alerts, notifications, sla, timeline
from tickets.alerts import AlertKind
from tickets.contracts import Author, Priority
from tickets.models import Ticket, TicketEvent
from tickets.notifications import NotificationKind
from tickets.queries import waits_for_staff
from tickets.staff_queue_models import QueueMember, StaffPresence

NEAR = "deadline_near"
UNATTENDED_AFTER = timedelta(hours=24)
_MOST = 200


def warn_of_deadlines(session: Session) -> int:
    """Tell whoever has a ticket, else the present members of its queue, once for each deadline; returns how many."""
    now = datetime.now(UTC)
    near = (
        select(Ticket)
        .where(waits_for_staff(), func.coalesce(Ticket.staff_due_at, Ticket.answer_due_at) > now)
        .where(func.coalesce(Ticket.staff_due_at, Ticket.answer_due_at) <= now + sla.hours().warn_before)
        .order_by(func.coalesce(Ticket.staff_due_at, Ticket.answer_due_at))
        .limit(_MOST)
        .with_for_update(skip_locked=True)
    )
    warned = 0
    for ticket in session.scalars(near):
        due = (ticket.staff_due_at or ticket.answer_due_at).isoformat()
        if not _was_warned(session, ticket.id, due):
            timeline.record(session, ticket.id, NEAR, actor=Author.SYSTEM, due=due)
            for one in _who(session, ticket):
                told = "A ticket is to be answered soon."
                notifications.notify(session, one, NotificationKind.DEADLINE_NEAR, told, ticket_id=ticket.id)
            warned += 1
    return warned


def _was_warned(session: Session, ticket_id: int, due: str) -> bool:
    told = select(TicketEvent.id).where(
        TicketEvent.ticket_id == ticket_id,
        TicketEvent.kind == NEAR,
        TicketEvent.data["due"].as_string() == due,
    )
    return session.scalar(told.limit(1)) is not None


def _who(session: Session, ticket: Ticket) -> list[str]:
    if ticket.assignee:
        return [ticket.assignee]
    present = (
        select(QueueMember.staff)
        .join(StaffPresence, StaffPresence.staff == QueueMember.staff)
        .where(QueueMember.queue_id == ticket.queue_id, StaffPresence.is_present)
    )
    return list(session.scalars(present))


def alert_unattended(session: Session) -> int:
    """An alert for each critical ticket that waits for a day and that nobody of staff touched; returns how many."""
    since = datetime.now(UTC) - UNATTENDED_AFTER
    touched = select(TicketEvent.id).where(
        TicketEvent.ticket_id == Ticket.id, TicketEvent.at > since, TicketEvent.actor.like("AGENT-%")
    )
    left_alone = (
        select(Ticket.public_id, Ticket.created_at)
        .where(
            waits_for_staff(),
            Ticket.priority == Priority.CRITICAL,
            Ticket.created_at < since,
            ~touched.exists(),
        )
        .order_by(Ticket.created_at)
        .limit(_MOST)
    )
    found = session.execute(left_alone).all()
    for public_id, created_at in found:
        told = f"The critical ticket {public_id} waits since {created_at:%d %b %Y, %H:%M} UTC and nobody looked at it."
        alerts.raise_alert(session, AlertKind.CRITICAL_UNATTENDED, public_id, told)
    alerts.clear(session, AlertKind.CRITICAL_UNATTENDED, but=[row.public_id for row in found])
    return len(found)
