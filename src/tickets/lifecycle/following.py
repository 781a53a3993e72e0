"""Where the conversation of a merged ticket goes on."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tickets.models import Ticket

_MOST_STEPS = (
    20  # A ticket is never merged into one that is merged itself, so chains grow by later merges alone.
)


def follow_merges(session: Session, ticket_id: int) -> int:
    """The ticket itself, or the last one of those that it was merged into."""
    for _ in range(_MOST_STEPS):
        goes_on = session.scalar(select(Ticket.merged_into).where(Ticket.id == ticket_id))
        if goes_on is None:
            break
        ticket_id = goes_on
    return ticket_id
