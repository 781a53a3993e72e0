"""How satisfied customers were: a rating is a step of the ticket's timeline, the newest one counts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from runtime import telemetry
from runtime.errors import InvalidInput
from tickets import timeline
from tickets.contracts import Author
from tickets.models import Ticket, TicketEvent

RATED = "rated"
RATINGS = range(1, 6)
_LONGEST_COMMENT = 2_000
_MOST_TICKETS = 50


@dataclass(frozen=True)
class Rating:
    """1 (bad) to 5 (good), of one ticket."""

    ticket_id: int
    rating: int
    comment: str
    at: datetime


@dataclass(frozen=True)
class Satisfied:
    """What a customer said of their newest tickets; `average` is None where nothing was said."""

    average: float | None
    ratings: list[Rating]


def rate(session: Session, ticket_id: int, rating: int, *, comment: str = "") -> None:
    """A customer says how it was; saying it again replaces it. Raises InvalidInput."""
    if rating not in RATINGS:
        raise InvalidInput("A rating is a number from 1 to 5.", field="rating")
    if len(comment) > _LONGEST_COMMENT:
        raise InvalidInput(f"The comment is longer than {_LONGEST_COMMENT} characters.", field="comment")
    said = comment.replace("\x00", "").strip()
    timeline.record(session, ticket_id, RATED, actor=Author.CUSTOMER, rating=rating, comment=said)
    telemetry.record_rating(rating)


def rating_of(session: Session, ticket_id: int) -> Rating | None:
    found = _newest(session, [ticket_id])
    return found[0] if found else None


def of_customer(session: Session, customer_id: int) -> Satisfied:
    """Of their newest tickets, the newest rating first."""
    newest = select(Ticket.id).where(Ticket.customer_id == customer_id).order_by(Ticket.created_at.desc())
    ratings = _newest(session, list(session.scalars(newest.limit(_MOST_TICKETS))))
    average = sum(one.rating for one in ratings) / len(ratings) if ratings else None
    return Satisfied(average, ratings)


def _newest(session: Session, ticket_ids: list[int]) -> list[Rating]:
    """One of each ticket."""
    said = (
        select(TicketEvent)
        .where(TicketEvent.ticket_id.in_(ticket_ids), TicketEvent.kind == RATED)
        .order_by(TicketEvent.id.desc())
    )
    found: dict[int, Rating] = {}
    for event in session.scalars(said):
        if rating := event.data.get("rating"):  # Nothing is left of what was erased.
            comment = str(event.data.get("comment") or "")
            found.setdefault(event.ticket_id, Rating(event.ticket_id, int(rating), comment, event.at))
    return list(found.values())
