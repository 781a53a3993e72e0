"""The tickets around a ticket: those it is linked with, and its customer's others."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from tickets.models import Ticket

_MOST = 6
_MOST_LINKED = 20


@dataclass(frozen=True)
class Around:
    """`follows`: what this ticket is linked to. `followers`: what is linked to this one. `others`: neither."""

    follows: Ticket | None
    followers: list[Ticket]
    others: list[Ticket]


def around(session: Session, ticket: Ticket) -> Around:
    follows = session.get(Ticket, ticket.linked_to) if ticket.linked_to else None
    # Only what came later can be linked to it, which the index on that time narrows.
    linked = select(Ticket).where(Ticket.linked_to == ticket.id, Ticket.created_at >= ticket.created_at)
    followers = list(session.scalars(linked.order_by(Ticket.id).limit(_MOST_LINKED)))
    shown = {ticket.id, *(one.id for one in followers), *((follows.id,) if follows else ())}
    others = select(Ticket).where(Ticket.customer_id == ticket.customer_id, Ticket.id.not_in(shown))
    return Around(
        follows, followers, list(session.scalars(others.order_by(Ticket.created_at.desc()).limit(_MOST)))
    )
