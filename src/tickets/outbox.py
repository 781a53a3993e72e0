"""Adds the outgoing row of a reply: the outbox of its delivery. Called by `lifecycle`."""

import dataclasses
from datetime import timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from runtime import correlation
from runtime.settings import settings
from tickets import wakeups
from tickets.contracts import Author, Channel, Citation, Delivery, Kind
from tickets.models import Message, Ticket
from tickets.public_ids import new_mail_id

OVERTAKEN = "Overtaken by staff."  # Why a reply of the agent was not delivered.


def withdraw_agents(session: Session, ticket_id: int) -> int:
    """Replies of the agent that still wait to be sent: staff speak now. A chat's page has shown them already.

    Returns how many: their customers have no other answer yet.
    """
    waiting = (
        Message.ticket_id == ticket_id,
        Message.author == Author.AGENT,
        Message.delivery == Delivery.QUEUED,
    )
    by_chat = select(Ticket.id).where(Ticket.id == ticket_id, Ticket.channel == Channel.WEB_CHAT)
    withdrawn = session.scalars(
        update(Message)
        .where(*waiting, Message.ticket_id.not_in(by_chat))
        .values(delivery=Delivery.FAILED, delivery_error=OVERTAKEN)
        .returning(Message.id)
    )
    return len(withdrawn.all())


def queue_reply(  # noqa: PLR0913  # keyword-only: the columns of the row
    session: Session,
    ticket_id: int,
    text: str,
    *,
    author: Author,
    citations: tuple[Citation, ...] = (),
    name: str = "",
    hold_s: float = 0.0,
) -> int:
    """The outgoing row: the outbox of its delivery. A mail's Message-ID is written before it is sent.

    With `hold_s` it is due so much later, and the sweep asks for its delivery; chat and API show it from then on.
    """
    ticket = session.execute(
        update(Ticket)
        .where(Ticket.id == ticket_id)
        .values(last_seq=Ticket.last_seq + 1)
        .returning(Ticket.last_seq, Ticket.channel, Ticket.last_inbound_seq, Ticket.desk_address)
    ).one()
    domain = (ticket.desk_address or settings().ingestion.address).rpartition("@")[2]
    due_at = func.now() + timedelta(seconds=hold_s)
    read_by_caller = ticket.channel == Channel.API
    read_by_page = ticket.channel == Channel.WEB_CHAT  # Delivered when the visitor's page says it was shown.
    message_id = session.execute(
        insert(Message)
        .values(
            ticket_id=ticket_id,
            seq=ticket.last_seq,
            kind=Kind.OUTBOUND,
            author=author,
            author_name=name,
            text=text,
            citations=[dataclasses.asdict(citation) for citation in citations],
            mail_id=new_mail_id(domain) if ticket.channel == Channel.MAIL else "",
            answers_seq=ticket.last_inbound_seq,
            delivery=Delivery.SENT if read_by_caller else Delivery.QUEUED,
            delivered_at=due_at if read_by_caller else None,
            deliver_after=due_at,
            correlation_id=correlation.current(),
        )
        .returning(Message.id)
    ).scalar_one()
    if not read_by_caller and not read_by_page and not hold_s:
        wakeups.request_delivery(session, message_id)
    return message_id
