"""What single people of the staff are told in the console, until they have seen it."""

from enum import StrEnum

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from runtime import events
from tickets.models import Ticket
from tickets.notification_models import Notification

_MOST_SHOWN = 100


class NotificationKind(StrEnum):
    MENTION = "mention"
    ASSIGNED = "assigned"
    CUSTOMER_WROTE = "customer_wrote"
    DEADLINE_NEAR = "deadline_near"
    CRITICAL = "critical"


def notify(
    session: Session, staff: str, kind: NotificationKind, text: str, *, ticket_id: int | None = None
) -> None:
    """Tell one of the staff. No text of a message is in it: the ticket shows that."""
    session.execute(insert(Notification).values(staff=staff, kind=kind, text=text, ticket_id=ticket_id))
    events.publish(session, "notification.added", staff=staff)


def list_notifications(
    session: Session, staff: str, *, before: int | None = None, limit: int = _MOST_SHOWN
) -> list[tuple[Notification, str | None]]:
    """The newest first, with the public id of its ticket; `before` is the id of the last one of the page before."""
    query = (
        select(Notification, Ticket.public_id)
        .outerjoin(Ticket, Ticket.id == Notification.ticket_id)
        .where(Notification.staff == staff)
        .order_by(Notification.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Notification.id < before)
    return [(row[0], row[1]) for row in session.execute(query)]


def count_unseen(session: Session, staff: str) -> int:
    some = (
        select(Notification.id)
        .where(Notification.staff == staff, Notification.seen_at.is_(None))
        .limit(_MOST_SHOWN)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(some)) or 0


def mark_seen(session: Session, staff: str, *, ticket_id: int | None = None) -> None:
    """All of them, or those of one ticket."""
    mine = update(Notification).where(Notification.staff == staff, Notification.seen_at.is_(None))
    if ticket_id is not None:
        mine = mine.where(Notification.ticket_id == ticket_id)
    session.execute(mine.values(seen_at=func.now()))
