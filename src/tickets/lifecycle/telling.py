"""What the desk itself tells a customer: of an action that was done, of a code that was not right."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tickets import outbox, timeline
from tickets.contracts import Author, Status
from tickets.lifecycle.states import DONE
from tickets.models import Ticket, TicketEvent

HANDOVER_TOLD = "handover_told"


def tell(session: Session, ticket_id: int, text: str) -> int | None:
    """Queue a message of the desk; the message's id, or None for a ticket that is done.

    It settles nothing: who owed the customer an answer still owes it, by the same time.
    """
    ticket = session.scalars(
        select(Ticket)
        .where(Ticket.id == ticket_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if Status(ticket.status) in DONE:
        return None
    return outbox.queue_reply(session, ticket_id, text, author=Author.SYSTEM)


def tell_once(session: Session, ticket_id: int, text: str) -> int | None:
    """Queue what a customer is told of a handover; None when this ticket was told before. Its row is locked."""
    told = select(TicketEvent.id).where(TicketEvent.ticket_id == ticket_id, TicketEvent.kind == HANDOVER_TOLD)
    if session.scalar(told.limit(1)) is not None:
        return None
    timeline.record(session, ticket_id, HANDOVER_TOLD, actor=Author.SYSTEM)
    return outbox.queue_reply(session, ticket_id, text, author=Author.SYSTEM)
