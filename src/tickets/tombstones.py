"""Whose past was erased, and which messages. Imports and intake ask here, so that nothing comes back by an archive, by
a mailbox that is read anew, or by a platform that repeats itself.

A customer who writes anew is a new customer: the erasure was of the past.
"""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime.data_folder import retired_secret_keys, secret_key
from tickets.contracts import Channel, IncomingMessage, Receipt
from tickets.erasure_models import Tombstone
from tickets.models import Message, ReceivedMessage, Ticket
from tickets.past_customers import Person

# What stands before the digest instead of a channel's own id.
_SEALED = "erased:"
_PARKED = "parked"


@dataclass(frozen=True)
class Known:
    """One message by the id that its channel would show again."""

    channel: str
    external_id: str
    ticket_id: int
    message_id: int


def raise_over(session: Session, people: Collection[Person]) -> int:
    """Remember these identities as erased; returns how many."""
    rows = [{"digest": digest(one, key=secret_key())} for one in people]
    if rows:
        session.execute(insert(Tombstone).values(rows).on_conflict_do_nothing())
    return len(rows)


def erased(session: Session, people: Collection[Person]) -> set[Person]:
    """Those of them whose past was erased, also under a secret key that was retired since."""
    if not people or session.scalar(select(Tombstone.digest).limit(1)) is None:
        return set()
    keys = (secret_key(), *retired_secret_keys())
    by_digest = {digest(one, key=key): one for one in people for key in keys}
    found = session.scalars(select(Tombstone.digest).where(Tombstone.digest.in_(by_digest)))
    return {by_digest[one] for one in found}


def messages_of(session: Session, ticket_ids: Sequence[int]) -> list[Known]:
    """Read it before the tickets are emptied. Of mail also what we sent: a copy of it may come back."""
    received = session.execute(
        select(
            ReceivedMessage.channel,
            ReceivedMessage.external_id,
            ReceivedMessage.ticket_id,
            ReceivedMessage.message_id,
        ).where(ReceivedMessage.ticket_id.in_(ticket_ids))
    )
    mails = session.execute(
        select(Message.mail_id, Message.ticket_id, Message.id).where(
            Message.ticket_id.in_(ticket_ids), Message.mail_id != ""
        )
    )
    found = {(row[0], row[1]): Known(*row) for row in received}
    for mail_id, ticket_id, message_id in mails:
        mail = Known(Channel.MAIL, mail_id, ticket_id, message_id)
        found.setdefault((Channel.MAIL, mail_id), mail)
    return list(found.values())


def bury(session: Session, messages: Collection[Known]) -> None:
    """Remember these messages by digests. A repeated one leads to its ticket, which has no word any more."""
    rows = [
        {
            "channel": one.channel,
            "external_id": _sealed(one.channel, one.external_id, key=secret_key()),
            "ticket_id": one.ticket_id,
            "message_id": one.message_id,
        }
        for one in messages
        if not one.external_id.startswith(_SEALED)
    ]
    if rows:
        session.execute(insert(ReceivedMessage).values(rows).on_conflict_do_nothing())


def buried(session: Session, message: IncomingMessage) -> Receipt | None:
    """The receipt of a message that was erased; None for every other."""
    keys = (secret_key(), *retired_secret_keys())
    sealed = [_sealed(message.channel, message.external_id, key=key) for key in keys]
    row = session.execute(
        select(ReceivedMessage.ticket_id, Ticket.public_id, ReceivedMessage.message_id)
        .join(Ticket, Ticket.id == ReceivedMessage.ticket_id)
        .where(ReceivedMessage.channel == message.channel, ReceivedMessage.external_id.in_(sealed))
    ).first()
    return Receipt(row[0], row[1], row[2], duplicate=True) if row else None


def is_forgettable() -> ColumnElement[bool]:
    """Of the ids that were received: those that the retention may drop. What was erased stays out for good."""
    return ~ReceivedMessage.external_id.startswith(_SEALED, autoescape=True)


def parked_mail(content_digest: str) -> Person:
    """A mail that was parked, as something to raise a tombstone over."""
    return Person(_PARKED, content_digest)


def _sealed(channel: str, external_id: str, *, key: bytes) -> str:
    return _SEALED + keyed(f"{channel}\0{external_id}", key=key, purpose=b"message")


def digest(person: Person, *, key: bytes) -> str:
    return keyed(f"{person.kind}\0{person.value}", key=key, purpose=b"tombstone")


def keyed(text: str, *, key: bytes, purpose: bytes) -> str:
    """A digest that says nothing to who lacks the key, however short the text was."""
    return hmac.new(key, purpose + b"\0" + text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
