"""Scripted customers talk to the running desk of this process, each on a channel of their own."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from sqlalchemy import select
from sqlalchemy.orm import Session

import ingestion.tasks
from deskfleet.commands.scripted_customers import Outcome, Script
from ingestion import intake
from ingestion.channels.contract import Sender
from runtime import correlation
from runtime.data_folder import data_folder
from runtime.database import transaction
from runtime.settings import settings
from tickets.contracts import Author, Channel, IncomingMessage, Kind, Owner
from tickets.deliveries import Outgoing
from tickets.models import Message, Ticket

_LONGEST_S = 90.0
_LOOK_S = 0.02


@dataclass(frozen=True)
class Heard:
    """What became of one turn. No outcome: neither a reply nor staff within the time."""

    outcome: Outcome | None
    seconds: float
    reason: str | None = None
    reply: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where a message was stored."""

    ticket_id: int
    seq: int


@dataclass
class _Customer:
    script: Script
    ticket_id: int | None = None
    answers: str = ""  # The Message-ID that the next mail answers.


class _Shelf:
    """Takes what would go to a platform; nobody outside hears of an evaluation."""

    def send(self, outgoing: Outgoing) -> None:
        del outgoing

    def was_sent(self, outgoing: Outgoing) -> bool | None:
        del outgoing
        return True


@contextmanager
def nobody_outside() -> Iterator[None]:
    """Replies by mail go to the mailbox's folder as ever, those to platforms onto a shelf."""
    real = dict(ingestion.tasks.SENDERS)
    shelf: Sender = _Shelf()
    ingestion.tasks.SENDERS.update({channel: shelf for channel in real if channel is not Channel.MAIL})
    try:
        yield
    finally:
        ingestion.tasks.SENDERS.update(real)


def talk(script: Script) -> list[Heard]:
    """One turn after the other; who is with staff says no more."""
    customer = _Customer(script)
    heard: list[Heard] = []
    for text in script.turns:
        began = time.monotonic()
        heard.append(_wait(customer, _say(customer, text), began))
        if heard[-1].outcome is not Outcome.ANSWER:
            break
    return heard


def _say(customer: _Customer, text: str) -> str:
    """Returns the id by which the message is known once it is stored."""
    message_id = f"{uuid.uuid4().hex}@example.com"
    if customer.script.channel is Channel.MAIL:
        _drop_mail(customer, text, message_id)
        return message_id
    message = _as_message(customer.script, text, message_id)
    with correlation.correlate(correlation.new_id()), transaction() as session:
        if customer.ticket_id and message.channel is Channel.API:
            intake.receive_on_ticket(session, message, customer.ticket_id)
        else:
            intake.receive(session, message)
    return message_id


def _drop_mail(customer: _Customer, text: str, message_id: str) -> None:
    script = customer.script
    mail = EmailMessage()
    mail["From"] = f"{script.name} <{script.address}>"
    mail["To"] = settings().ingestion.address
    mail["Subject"] = script.subject or "Question"
    mail["Message-ID"] = f"<{message_id}>"
    if customer.answers:
        mail["In-Reply-To"] = f"<{customer.answers}>"
    mail.set_content(text)
    customer.answers = message_id
    folder = data_folder() / "mail" / "in"
    folder.mkdir(parents=True, exist_ok=True)
    hidden = folder / f".{message_id}"
    hidden.write_bytes(bytes(mail))
    hidden.rename(folder / f"{message_id}.eml")


def _as_message(script: Script, text: str, message_id: str) -> IncomingMessage:
    knows_mail = script.channel in (Channel.API, Channel.ZENDESK, Channel.INTERCOM)
    return IncomingMessage(
        channel=script.channel,
        external_id=message_id,
        identity=script.address if knows_mail else f"visitor-{script.id}",
        text=text,
        subject=script.subject,
        name=script.name,
        thread="" if script.channel is Channel.API else f"conversation-{script.id}",
        customer_verified=script.channel is not Channel.WEB_CHAT,
    )


def _wait(customer: _Customer, message_id: str, began: float) -> Heard:
    while time.monotonic() - began < _LONGEST_S:
        with transaction() as session:
            heard = _hear(session, customer, message_id, began)
        if heard is not None:
            return heard
        time.sleep(_LOOK_S)
    return Heard(None, time.monotonic() - began)


def _hear(session: Session, customer: _Customer, message_id: str, began: float) -> Heard | None:
    """None: not yet."""
    place = _find(session, message_id)
    if place is None:
        return None
    customer.ticket_id = place.ticket_id
    ticket = session.scalars(select(Ticket).where(Ticket.id == place.ticket_id)).one()
    if ticket.owner == Owner.AGENT and ticket.handled_seq < place.seq:
        return None
    seconds = time.monotonic() - began
    reply = _reply_to(session, place)
    if reply is None and ticket.owner == Owner.STAFF:
        return Heard(Outcome.STAFF, seconds, ticket.reason)
    if reply is None:
        return Heard(Outcome.ANSWER, seconds)  # Handled without a word, such as thanks.
    customer.answers = reply.mail_id or customer.answers
    sources = tuple(_source(one) for one in reply.citations)
    return Heard(Outcome.ANSWER, seconds, reply=reply.text, sources=sources)


def _find(session: Session, message_id: str) -> _Place | None:
    named = (Message.mail_id == message_id) | (Message.external_id == message_id)
    query = select(Message.ticket_id, Message.seq).where(named, Message.kind == Kind.INBOUND)
    row = session.execute(query).first()
    return _Place(row.ticket_id, row.seq) if row else None


def _reply_to(session: Session, place: _Place) -> Message | None:
    query = select(Message).where(
        Message.ticket_id == place.ticket_id,
        Message.kind == Kind.OUTBOUND,
        Message.author == Author.AGENT,
        Message.answers_seq >= place.seq,
    )
    return session.scalars(query.order_by(Message.seq.desc()).limit(1)).first()


def _source(citation: dict[str, object]) -> str:
    """An article by its slug, an order by what it is cited as."""
    return str(citation["url"]).rstrip("/").rpartition("/")[2] or str(citation["article"])
