"""What staff have begun to write, there on every machine of theirs, and who of them has a ticket open."""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime import events
from tickets.desk_models import ReplyDraft, TicketViewer

_WRITES = timedelta(seconds=60)  # Who saved a draft so recently is still at it.
LOOKS_S = 15.0  # So often an open page says that it is open.
_LOOKS = timedelta(seconds=2.5 * LOOKS_S)


def save(session: Session, ticket_id: int, staff: str, text: str, *, seen_seq: int) -> None:
    """Keep it; an empty text forgets it. Tells the other pages when somebody begins to write."""
    if not text.strip():
        drop(session, ticket_id, staff)
        return
    if staff not in writers(session, ticket_id):
        events.publish(session, "ticket.writing", ticket_id=ticket_id)
    values = {"text": text, "seen_seq": seen_seq, "saved_at": func.now()}
    made = insert(ReplyDraft).values(ticket_id=ticket_id, staff=staff, **values)
    session.execute(
        made.on_conflict_do_update(index_elements=[ReplyDraft.ticket_id, ReplyDraft.staff], set_=values)
    )


def drop(session: Session, ticket_id: int, staff: str) -> None:
    mine = delete(ReplyDraft).where(ReplyDraft.ticket_id == ticket_id, ReplyDraft.staff == staff)
    if session.scalar(mine.returning(ReplyDraft.staff)) is not None:
        events.publish(session, "ticket.writing", ticket_id=ticket_id)


def draft_of(session: Session, ticket_id: int, staff: str) -> ReplyDraft | None:
    query = select(ReplyDraft).where(ReplyDraft.ticket_id == ticket_id, ReplyDraft.staff == staff)
    return session.scalars(query).first()


def writers(session: Session, ticket_id: int) -> set[str]:
    """Who of the staff writes a reply just now."""
    fresh = ReplyDraft.saved_at > func.now() - _WRITES
    return set(session.scalars(select(ReplyDraft.staff).where(ReplyDraft.ticket_id == ticket_id, fresh)))


def look(session: Session, ticket_id: int, staff: str) -> None:
    """The page is open. Tells the other pages when it was not before."""
    came = staff not in viewers(session, ticket_id)
    made = insert(TicketViewer).values(ticket_id=ticket_id, staff=staff)
    session.execute(
        made.on_conflict_do_update(
            index_elements=[TicketViewer.ticket_id, TicketViewer.staff], set_={"seen_at": func.now()}
        )
    )
    if came:
        events.publish(session, "ticket.viewed", ticket_id=ticket_id)


def leave(session: Session, ticket_id: int, staff: str) -> None:
    session.execute(
        delete(TicketViewer).where(TicketViewer.ticket_id == ticket_id, TicketViewer.staff == staff)
    )
    events.publish(session, "ticket.viewed", ticket_id=ticket_id)


def viewers(session: Session, ticket_id: int) -> set[str]:
    """Who of the staff has the ticket's page open."""
    fresh = TicketViewer.seen_at > func.now() - _LOOKS
    return set(session.scalars(select(TicketViewer.staff).where(TicketViewer.ticket_id == ticket_id, fresh)))
