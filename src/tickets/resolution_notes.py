"""What solved a ticket, as staff put it for the next one with the same problem. Pages write it, learning reads it."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime.errors import InvalidInput
from tickets import timeline
from tickets.desk_models import ResolutionNote
from tickets.models import Ticket

LONGEST = 2_000


def note_of(session: Session, ticket_id: int) -> ResolutionNote | None:
    return session.get(ResolutionNote, ticket_id)


def keep(session: Session, ticket_id: int, text: str, *, staff: str) -> None:
    """Keep it for an earlier one; an empty text takes it away. What was learned already is learned anew.

    Raises InvalidInput when it is too long.
    """
    said = text.strip()
    if len(said) > LONGEST:
        raise InvalidInput(f"What solved it is longer than {LONGEST} characters.", field="text")
    kept = note_of(session, ticket_id)
    if said == (kept.text if kept else ""):
        return
    if said:
        row = insert(ResolutionNote).values(ticket_id=ticket_id, text=said, staff=staff)
        new = {"text": row.excluded.text, "staff": row.excluded.staff, "at": func.now()}
        session.execute(row.on_conflict_do_update(index_elements=[ResolutionNote.ticket_id], set_=new))
    else:
        session.execute(delete(ResolutionNote).where(ResolutionNote.ticket_id == ticket_id))
    session.execute(update(Ticket).where(Ticket.id == ticket_id).values(learned_at=None))
    timeline.record(session, ticket_id, "resolution_noted", actor=staff)


def of_customer(session: Session, customer_id: int) -> list[tuple[ResolutionNote, str]]:
    """With the public id of each ticket, the oldest first."""
    theirs = (
        select(ResolutionNote, Ticket.public_id)
        .join(Ticket, Ticket.id == ResolutionNote.ticket_id)
        .where(Ticket.customer_id == customer_id)
    )
    return [(row[0], row[1]) for row in session.execute(theirs.order_by(ResolutionNote.ticket_id))]


def erase_customer(session: Session, customer_id: int) -> int:
    tickets = select(Ticket.id).where(Ticket.customer_id == customer_id)
    gone = delete(ResolutionNote).where(ResolutionNote.ticket_id.in_(tickets))
    return len(session.scalars(gone.returning(ResolutionNote.ticket_id)).all())
