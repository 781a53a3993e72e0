"""What a customer wrote, not redacted: for the arguments of an action alone, never for a model, a log or a trace."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tickets.contracts import Author, Case, Kind
from tickets.models import Message

_MOST_CHARACTERS = 20_000


def newest_text(session: Session, case: Case) -> str:
    """The newest message that the case has seen."""
    query = (
        select(Message.text)
        .where(
            Message.ticket_id == case.ticket_id,
            Message.kind == Kind.INBOUND,
            Message.author == Author.CUSTOMER,
            Message.seq <= case.up_to_seq,
        )
        .order_by(Message.seq.desc())
        .limit(1)
    )
    return (session.scalar(query) or "")[:_MOST_CHARACTERS]
