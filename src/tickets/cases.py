"""Builds the case that the agent works on: a frozen, redacted snapshot of a claimed ticket."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from runtime.redaction import redact
from runtime.settings import settings
from tickets.contracts import Author, Case, Channel, Kind, Priority, RecentTicket, Status, Turn
from tickets.customer_history import read_history
from tickets.customers import MAIL
from tickets.entity_patterns import entities_of
from tickets.models import Customer, CustomerIdentity, Message, Ticket

_MOST_EARLIER = 20
_LONGEST_TURN = 4_000  # Characters; about a thousand tokens.
_LONGEST_QUESTION = 24_000
_BYTES_PER_TOKEN = 3  # Of prose in most languages, rather too many tokens than too few.
_MOST_RECENT = 3
_RECENT = timedelta(days=30)


def build_case(session: Session, ticket_id: int, claim_token: str, *, newest_again: bool = False) -> Case:
    """The case as of now. Notes of staff stay out of it, and what others than the customer wrote.

    `newest_again` takes the newest message as unanswered, to ask what would be decided of it now.
    """
    ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id)).one()
    customer = session.scalars(select(Customer).where(Customer.id == ticket.customer_id)).one()
    messages = session.scalars(
        select(Message)
        .where(Message.ticket_id == ticket_id, Message.kind.in_((Kind.INBOUND, Kind.OUTBOUND)))
        .order_by(Message.seq)
    ).all()
    earlier, newest = _split(messages, ticket.last_inbound_seq - 1 if newest_again else ticket.handled_seq)
    # Redacting takes time, and this one runs in a transaction: what no model would be told anyway is left out first.
    question = "\n\n".join(message.text for message in newest)
    shown = _remembered(earlier)
    turns = tuple(Turn(Author(message.author), redact(_cut(message.text, most))) for message, most in shown)
    return Case(
        ticket_id=ticket_id,
        public_id=ticket.public_id,
        channel=Channel(ticket.channel),
        subject=redact(ticket.subject),
        question=redact(_cut(question, _LONGEST_QUESTION)),
        earlier=turns,
        earlier_questions=tuple(turn.text for turn in turns if turn.author == Author.CUSTOMER),
        customer_turns=sum(message.author == Author.CUSTOMER for message in messages),
        customer_id=customer.id,
        customer_name=customer.name,
        customer_mail=_mail_address(session, ticket),
        customer_tier=customer.tier,
        language=ticket.language,
        stated_priority=Priority(ticket.priority) if ticket.priority_stated else None,
        attempt=ticket.attempts,
        claim_token=claim_token,
        up_to_seq=ticket.last_inbound_seq,
        received_at=newest[0].created_at if newest else ticket.updated_at,
        correlation_id=newest[-1].correlation_id if newest else ticket.correlation_id,
        metadata=dict(ticket.meta),
        may_see_orders=ticket.customer_verified,
        recent_replies=_recent_replies(session, customer.id, newest[-1].reply_to if newest else ""),
        entities=tuple(entities_of(f"{ticket.subject}\n\n{question[:_LONGEST_QUESTION]}")),
        left_out=_left_out(question, earlier, shown),
        recent_tickets=_recent_tickets(session, ticket),
    )


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]} […]"


def _remembered(earlier: Sequence[Message]) -> list[tuple[Message, int]]:
    """The newest turns that the agent's memory has room for, and how many characters of each it keeps."""
    left = settings().agent.memory_tokens * _BYTES_PER_TOKEN
    shown: list[tuple[Message, int]] = []
    for message in reversed(earlier[-_MOST_EARLIER:]):
        told = message.text[:_LONGEST_TURN].encode()
        if shown and len(told) > left:
            break
        # Of the newest turn at least the beginning is kept.
        shown.insert(0, (message, len(told[:left].decode(errors="ignore"))))
        left -= len(told)
    return shown


def _recent_tickets(session: Session, ticket: Ticket) -> tuple[RecentTicket, ...]:
    """Others of the customer, the newest first; none where nobody vouches that it is this customer."""
    if not ticket.customer_verified:
        return ()
    past = (one.ticket for one in read_history(session, ticket.customer_id, limit=_MOST_RECENT + 1).tickets)
    found = [
        RecentTicket(redact(one.subject), one.category or "", Status(one.status), one.created_at)
        for one in past
        if one.id != ticket.id and abs(ticket.created_at - one.created_at) < _RECENT
    ]
    return tuple(found[:_MOST_RECENT])


def _left_out(question: str, earlier: Sequence[Message], shown: Sequence[tuple[Message, int]]) -> int:
    """Characters of the conversation that the agent does not see."""
    told = sum(min(len(message.text), most) for message, most in shown)
    said = sum(len(message.text) for message in earlier)
    return said - told + max(0, len(question) - _LONGEST_QUESTION)


def _recent_replies(session: Session, customer_id: int, reply_to: str) -> int:
    """What the agent sent this customer, or to where they want answers, within an hour; a chat is as long as it is."""
    same_address = select(Message.ticket_id).where(Message.reply_to == reply_to, Message.reply_to != "")
    query = (
        select(func.count())
        .select_from(Message)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(
            or_(Ticket.customer_id == customer_id, Ticket.id.in_(same_address)),
            Ticket.channel != Channel.WEB_CHAT,
            Message.kind == Kind.OUTBOUND,
            Message.author == Author.AGENT,
            Message.created_at > func.now() - timedelta(hours=1),
        )
    )
    return session.scalar(query) or 0


def _mail_address(session: Session, ticket: Ticket) -> str:
    """Verified by the channel; for the tools, never for a prompt. Of a merged customer the one that wrote here."""
    own = CustomerIdentity.value == ticket.identity
    query = (
        select(CustomerIdentity.value)
        .where(CustomerIdentity.customer_id == ticket.customer_id, CustomerIdentity.kind == MAIL)
        .order_by(own.desc(), CustomerIdentity.value)
    )
    return session.scalar(query.limit(1)) or ""


def _split(messages: Sequence[Message], handled_seq: int) -> tuple[list[Message], list[Message]]:
    """What was answered before, and the burst that waits for one answer."""
    newest = [m for m in messages if m.author == Author.CUSTOMER and m.seq > handled_seq]
    return [m for m in messages if m not in newest], newest
