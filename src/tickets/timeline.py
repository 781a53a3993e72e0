"""Appends to a ticket's timeline and tells the listeners. Called by `lifecycle` and `deliveries`."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from runtime import events
from tickets.models import TicketEvent


def record(session: Session, ticket_id: int, kind: str, *, actor: str, **data: Any) -> None:  # noqa: ANN401  # JSON
    """Append one step and publish `ticket.<kind>` after the commit."""
    session.execute(insert(TicketEvent).values(ticket_id=ticket_id, kind=kind, actor=actor, data=data))
    events.publish(session, f"ticket.{kind}", ticket_id=ticket_id)
