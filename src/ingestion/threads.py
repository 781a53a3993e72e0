"""Finds the ticket that a message belongs to, and whether its sender may write there. Called by `intake`."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from tickets import customers
from tickets.contracts import Channel, IncomingMessage, Kind
from tickets.mail_tokens import ticket_of
from tickets.models import CustomerIdentity, Message, Ticket


class Standing(StrEnum):
    """What a sender is to a ticket."""

    CUSTOMER = "customer"
    PARTICIPANT = "participant"  # Somebody the customer had put in copy.
    STRANGER = "stranger"


def find_thread(session: Session, message: IncomingMessage) -> Ticket | None:
    """The ticket of the channel's thread, or of the mail that this one answers."""
    if message.thread:
        return _of_thread(session, message)
    if message.mail is None:
        return None
    return (
        _of_references(session, message) or _of_token(session, message) or _of_conversation(session, message)
    )


def _of_thread(session: Session, message: IncomingMessage) -> Ticket | None:
    """The newest of the thread; the sender's own when others wrote there too."""
    query = select(Ticket).where(Ticket.channel == message.channel, Ticket.thread == message.thread)
    own = Ticket.customer_id == (_customer_id(session, message) or 0)
    return session.scalars(query.order_by(own.desc(), Ticket.id.desc()).limit(1)).first()


def _of_references(session: Session, message: IncomingMessage) -> Ticket | None:
    """The nearest mail first. What a bounce returns counts as what it answers."""
    assert message.mail is not None
    failed = message.failure.mail_id if message.failure else ""
    known = [failed, message.mail.in_reply_to, *reversed(message.mail.references)]
    for mail_id in dict.fromkeys(reference for reference in known if reference):
        query = select(Ticket).join(Message, Message.ticket_id == Ticket.id).where(Message.mail_id == mail_id)
        if ticket := session.scalars(query.limit(1)).first():
            return ticket
    return None


def _of_token(session: Session, message: IncomingMessage) -> Ticket | None:
    """The signed token after the plus of our address, or in the subject."""
    assert message.mail is not None
    public_id = ticket_of(message.mail.token) or ticket_of(message.subject)
    return session.scalars(select(Ticket).where(Ticket.public_id == public_id)).first() if public_id else None


def _of_conversation(session: Session, message: IncomingMessage) -> Ticket | None:
    """Outlook's Thread-Index, which anybody can copy: it counts for the ticket's own customer alone."""
    assert message.mail is not None
    customer_id = _customer_id(session, message) if message.mail.thread_index else None
    if customer_id is None:
        return None
    query = (
        select(Ticket)
        .join(Message, Message.ticket_id == Ticket.id)
        .where(Message.mail_thread_index == message.mail.thread_index, Ticket.customer_id == customer_id)
        .order_by(Ticket.id.desc())
    )
    return session.scalars(query.limit(1)).first()


def standing_of(session: Session, ticket: Ticket, message: IncomingMessage) -> Standing:
    """Who quotes a reference or a token does not get into the thread by that."""
    # A chat's thread is in the visitor's signed token.
    if message.channel is Channel.WEB_CHAT:
        return Standing.CUSTOMER
    own = _customer_id(session, message) == ticket.customer_id
    if message.channel is not Channel.MAIL:
        return Standing.CUSTOMER if own else Standing.STRANGER
    people = _people_of(session, ticket)
    sender = customers.normalised(message.identity)
    if own or sender in people.answered_at:
        # An answer must not be led to an address that the ticket has not had from its beginning.
        elsewhere = customers.normalised(message.reply_to)
        known = not elsewhere or elsewhere in people.answered_at or elsewhere == sender
        return Standing.CUSTOMER if known else Standing.STRANGER
    return Standing.PARTICIPANT if sender in people.copied else Standing.STRANGER


def _customer_id(session: Session, message: IncomingMessage) -> int | None:
    kind = customers.identity_kind(message.channel, message.identity)
    return session.scalar(
        select(CustomerIdentity.customer_id).where(
            CustomerIdentity.kind == kind, CustomerIdentity.value == customers.normalised(message.identity)
        )
    )


@dataclass(frozen=True)
class _People:
    """Whom the customer's own messages name: where they want answers, and who was in copy."""

    answered_at: frozenset[str]
    copied: frozenset[str]


def _people_of(session: Session, ticket: Ticket) -> _People:
    rows = session.execute(
        select(Message.reply_to, Message.copied).where(
            Message.ticket_id == ticket.id, Message.kind == Kind.INBOUND
        )
    ).all()
    return _People(
        frozenset(customers.normalised(row.reply_to) for row in rows if row.reply_to),
        frozenset(customers.normalised(one) for row in rows for one in row.copied),
    )


def is_about_ours(session: Session, message: IncomingMessage) -> bool:
    """Whether a mail server speaks of a mail that we sent: only its Message-ID, which nobody guesses, says so."""
    assert message.mail is not None
    about = [message.failure.mail_id if message.failure else "", message.mail.in_reply_to]
    query = select(Message.id).where(
        Message.mail_id.in_([one for one in about if one]), Message.kind == Kind.OUTBOUND
    )
    return session.scalar(query.limit(1)) is not None
