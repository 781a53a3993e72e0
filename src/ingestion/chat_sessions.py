"""The synchronous core of the web chat: who a visitor is, and what they send.

A visitor is known by their token alone. It is bound to the origin of the page that it was made for, so that a page
of another origin cannot use it in a browser; not to an address or a device, because phones change theirs.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from ingestion import intake
from ingestion.channels import web_chat
from ingestion.channels.web_chat import FilesFrame, MessageFrame, RateFrame
from runtime import correlation, limits, signing, telemetry
from runtime.data_folder import secret_key
from runtime.database import transaction
from runtime.errors import Conflict
from runtime.settings import settings
from runtime.web import listed
from tickets import attachments, deliveries, lifecycle, timeline, vault
from tickets.contracts import Author, Channel, FileContent, Kind, Owner, Reason, Status
from tickets.holding import held
from tickets.models import Message, Ticket, TicketEvent

DATABASE_AWAY = (OperationalError, PoolTimeoutError)
RATED = "rated"

_PURPOSE = "chat-visitor"
_DAY_S = 24 * 3600


@dataclass(frozen=True)
class Visitor:
    """Somebody whom only their token identifies, and their one conversation."""

    visitor_id: str
    conversation_id: str


@dataclass(frozen=True)
class Welcome:
    """`token` opens the conversation again. `resumed` tells it from a new one. `newest_id`: its last message."""

    visitor: Visitor
    token: str
    resumed: bool
    newest_id: int


def admit(address: str) -> None:
    """Raises RateLimited when this address asks too often."""
    if address not in listed(settings().web.rate_allow):
        limits.take(f"chat:{address}", per_minute=settings().web.rate_per_minute)


def find_visitor(token: str, *, page: str) -> Visitor | None:
    """None when the token is missing, forged, stale, or made for the pages of another origin."""
    payload = signing.verify(secret_key(), _PURPOSE, token)
    if payload is None or payload.get("page") != page:
        return None
    return Visitor(str(payload["visitor"]), str(payload["conversation"]))


def welcome(token: str, *, page: str) -> Welcome:
    """The token's conversation, or a new one. Each visit makes a fresh token: only who stays away is forgotten."""
    known = find_visitor(token, page=page)
    visitor = known or Visitor(secrets.token_hex(16), secrets.token_hex(16))
    payload = {"visitor": visitor.visitor_id, "conversation": visitor.conversation_id, "page": page}
    valid_s = int(settings().chat.resume_days * _DAY_S)
    fresh = signing.sign(secret_key(), _PURPOSE, payload, valid_s=valid_s)
    return Welcome(visitor, fresh, resumed=known is not None, newest_id=_newest_id(visitor) if known else 0)


def _newest_id(visitor: Visitor) -> int:
    tickets = select(Ticket.id).where(
        Ticket.channel == Channel.WEB_CHAT, Ticket.thread == visitor.conversation_id
    )
    said = select(func.max(Message.id)).where(Message.ticket_id.in_(tickets))
    # What is held back was not shown, nor what came after it.
    first_held = select(func.min(Message.id)).where(Message.ticket_id.in_(tickets), held()).scalar_subquery()
    with transaction() as session:
        return session.scalar(said.where(Message.id < func.coalesce(first_held, Message.id + 1))) or 0


def receive(
    visitor: Visitor, frame: MessageFrame | FilesFrame, *, address: str, files: Sequence[FileContent] = ()
) -> int:
    """Store what the visitor wrote; returns the message's id, durable. Raises RateLimited."""
    admit(address)
    limits.take(f"chat-visitor:{visitor.visitor_id}", per_minute=settings().chat.messages_per_minute)
    stored = attachments.upload(files)
    message = web_chat.incoming_message(
        frame, visitor_id=visitor.visitor_id, conversation_id=visitor.conversation_id, files=stored
    )
    with correlation.correlate(""), telemetry.span("chat message"), transaction() as session:
        receipt = intake.receive(session, message)
        if frame.person and not receipt.duplicate:
            _hand_over(session, _newest_ticket(session, visitor))
        return receipt.message_id


def acknowledge(visitor: Visitor, up_to: int) -> None:
    """The page has shown the replies up to this one: they are delivered."""
    with transaction() as session:
        deliveries.acknowledge_chat(session, visitor.conversation_id, up_to)


def ask_for_person(visitor: Visitor) -> None:
    """Staff get the open conversation. Raises Conflict when there is none: the wish goes with a message then."""
    with transaction() as session:
        _hand_over(session, _newest_ticket(session, visitor))


def rate(visitor: Visitor, frame: RateFrame) -> None:
    """Note how content the visitor is, once until somebody writes again; a second time changes nothing."""
    with transaction() as session:
        ticket = _newest_ticket(session, visitor)
        if rating_of(session, ticket.id) is not None:
            return
        comment = vault.protect(frame.comment.strip()).text  # A number typed here is not kept at all.
        timeline.record(
            session, ticket.id, RATED, actor=Author.CUSTOMER, rating=frame.rating, comment=comment,
            message_id=_last_message_id(session, ticket.id),
        )  # fmt: skip
        telemetry.record_rating(frame.rating)


def rating_of(session: Session, ticket_id: int) -> int | None:
    """What the visitor gave the conversation as it stands; None since somebody wrote again."""
    last = _last_message_id(session, ticket_id)
    given = (
        select(TicketEvent.data["rating"].as_integer())
        .where(
            TicketEvent.ticket_id == ticket_id,
            TicketEvent.kind == RATED,
            TicketEvent.data["message_id"].as_integer() == last,
        )
        .limit(1)
    )
    return session.scalar(given)


def _last_message_id(session: Session, ticket_id: int) -> int:
    shown = Message.kind.in_((Kind.INBOUND, Kind.OUTBOUND))
    newest = select(func.max(Message.id)).where(Message.ticket_id == ticket_id, shown)
    return session.scalar(newest) or 0


_TicketRow = Row[int, str, str]


def _newest_ticket(session: Session, visitor: Visitor) -> _TicketRow:
    """The conversation's newest ticket, locked. Raises Conflict when there is none."""
    found = session.execute(
        select(Ticket.id, Ticket.owner, Ticket.status)
        .where(Ticket.channel == Channel.WEB_CHAT, Ticket.thread == visitor.conversation_id)
        .order_by(Ticket.id.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if found is None:
        raise Conflict("There is no conversation yet: write a message first.", field="type")
    return found


def _hand_over(session: Session, ticket: _TicketRow) -> None:
    """Staff get the ticket, unless it is theirs already: asking again must not push their deadline away."""
    if ticket.status == Status.CLOSED:
        raise Conflict("This conversation is closed: write a message to begin a new one.", field="type")
    if ticket.owner == Owner.AGENT or ticket.status == Status.RESOLVED:
        lifecycle.hand_to_staff(session, ticket.id, Reason.ASKS_FOR_PERSON)
