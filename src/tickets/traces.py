"""Where a customer shows beyond their tickets: what programs were told, and searches that staff kept."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from tickets.customers import identities_of
from tickets.desk_models import SavedView
from tickets.models import Customer
from tickets.notification_models import WebhookDelivery
from tickets.queries import ticket_public_ids_of_customer


def export_told(session: Session, customer_id: int) -> list[dict[str, Any]]:
    """What the outbox of webhooks still holds of their tickets."""
    tickets = ticket_public_ids_of_customer(session, customer_id)
    query = select(WebhookDelivery).where(_of_tickets(tickets)).order_by(WebhookDelivery.id)
    return [{"told": one.payload, "at": one.created_at.isoformat()} for one in session.scalars(query)]


def forget_told(session: Session, customer_id: int) -> int:
    """Returns how many deliveries went. What still waits is told by its numbers alone: its listener works by them."""
    theirs = _of_tickets(ticket_public_ids_of_customer(session, customer_id))
    settled = or_(WebhookDelivery.sent_at.is_not(None), WebhookDelivery.failed_at.is_not(None))
    gone = session.scalars(delete(WebhookDelivery).where(theirs, settled).returning(WebhookDelivery.id)).all()
    plain = WebhookDelivery.payload.concat(func.jsonb_build_object("data", func.jsonb_build_object()))
    session.execute(update(WebhookDelivery).where(theirs).values(payload=plain, error=""))
    return len(gone)


def forget_views(session: Session, customer_id: int) -> int:
    """Delete kept searches for one of their identities or their full name; returns how many."""
    name = session.scalar(select(Customer.name).where(Customer.id == customer_id)) or ""
    words = [one.value for one in identities_of(session, customer_id)] + ([name] if " " in name else [])
    # A search is kept as the queue's address has it, which encodes some characters in one way or the other.
    forms = {form(word).lower() for word in words for form in (str, quote, quote_plus) if word}
    if not forms:
        return 0
    holds = or_(*[func.strpos(func.lower(SavedView.query), one) > 0 for one in sorted(forms)])
    return len(session.scalars(delete(SavedView).where(holds).returning(SavedView.id)).all())


def _of_tickets(tickets: Sequence[str]) -> ColumnElement[bool]:
    ticket: ColumnElement[str] = WebhookDelivery.payload["ticket_id"].astext
    return ticket.in_(tickets)
