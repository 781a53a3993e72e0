"""Stores past tickets: owed no answer, delivered nowhere, without wake-ups or deadlines. A few statements a batch.

Called by `ingestion.history`, in the transaction that also records how far the file was read.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import TextClause, func, select, tuple_
from sqlalchemy.orm import Session

from runtime.settings import settings
from tickets import customers, vault
from tickets import history_statements as statements
from tickets.contracts import Author, Channel, Delivery, Kind, Owner, Status
from tickets.models import ReceivedMessage
from tickets.past import PastMessage, PastTicket
from tickets.past_customers import Person, customer_ids, person_of
from tickets.past_secrets import SafeTicket, safe
from tickets.public_ids import new_ticket_id

Key = tuple[str, str]

_FIRST_ASIDE = -1_000_000


class Fate(StrEnum):
    STORED = "stored"
    DUPLICATE = "duplicate"
    REFUSED = "refused"  # Another ticket with the same id is there already.


@dataclass(frozen=True)
class Stored:
    """What became of each past ticket, in their order, and under which id it is; 0: it is not."""

    fates: tuple[Fate, ...]
    ticket_ids: tuple[int, ...]


@dataclass(frozen=True)
class _Added:
    """A past ticket as it came and as it is stored, and under which id."""

    past: PastTicket
    safe: SafeTicket
    ticket_id: int


def known(session: Session, keys: Iterable[Key]) -> dict[Key, str]:
    """Those of the keys that were received or imported before, with their fingerprints."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    columns = (ReceivedMessage.channel, ReceivedMessage.external_id)
    query = select(*columns, ReceivedMessage.fingerprint).where(tuple_(*columns).in_(wanted))
    return {(channel, external_id): found for channel, external_id, found in session.execute(query)}


def store(session: Session, past: Sequence[PastTicket]) -> Stored:
    """Write those that are not there yet. The messages of mails must be new: ask `known` before.

    Raises IntegrityError when somebody stores one of them, or one of the random ids, at the same time: try again.
    """
    seen = known(session, (one.key for one in past if not one.is_mail))
    fates = tuple(_fate(one, seen) for one in past)
    fresh = [one for one, fate in zip(past, fates, strict=True) if fate is Fate.STORED]
    ids = iter(_write(session, fresh))
    return Stored(fates, tuple(next(ids) if fate is Fate.STORED else 0 for fate in fates))


def _fate(one: PastTicket, seen: dict[Key, str]) -> Fate:
    if one.is_mail:
        return Fate.STORED
    first = seen.setdefault(one.key, "")
    if not first:
        seen[one.key] = one.fingerprint
        return Fate.STORED
    return Fate.DUPLICATE if first == one.fingerprint else Fate.REFUSED


def _write(session: Session, fresh: list[PastTicket]) -> list[int]:
    if not fresh:
        return []
    opened = [one for one in fresh if one.continues is None]
    people: dict[Person, str] = {}
    for one in opened:
        people.setdefault(person_of(one.channel, one.identity), one.name)
    customers = customer_ids(session, people)
    new_ids = iter(_numbers(session, "tickets_id_seq", len(opened)))
    ids = [next(new_ids) if one.continues is None else one.continues for one in fresh]
    added = [_Added(one, safe(one), ticket_id) for one, ticket_id in zip(fresh, ids, strict=True)]
    continued = sorted({one.continues for one in fresh if one.continues is not None})
    if opened:
        rows = [
            _ticket(one.safe.past, one.ticket_id, customers[person_of(one.past.channel, one.past.identity)])
            for one in added
            if one.past.continues is None
        ]
        _insert(session, statements.INSERT_TICKETS, rows)
    if continued:
        session.execute(statements.SET_ASIDE, {"tickets": continued})
    _write_messages(session, added)
    if continued:
        session.execute(statements.NUMBER_ANEW, {"tickets": continued})
        session.execute(statements.SUM_UP, {"tickets": continued})
    return ids


def _numbers(session: Session, sequence: str, count: int) -> list[int]:
    query = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
    return list(session.scalars(query))


def _ticket(one: PastTicket, ticket_id: int, customer_id: int) -> dict[str, Any]:
    """An open one is staff's, with the deadline that they have for any ticket; the others are owed nothing."""
    now = datetime.now(UTC)
    inbound = [seq for seq, said in enumerate(one.messages, 1) if _kind(said) is Kind.INBOUND]
    last_inbound = inbound[-1] if inbound else 0
    created_at = min(said.at for said in one.messages)
    is_open = one.status is Status.OPEN
    return {
        "id": ticket_id,
        "public_id": new_ticket_id(),
        "customer_id": customer_id,
        "channel": one.channel,
        "thread": one.thread,
        "identity": customers.normalised(one.identity),
        "subject": one.subject,
        "status": one.status,
        "owner": Owner.STAFF,
        "category": one.category,
        "language": one.language,
        "last_seq": len(one.messages),
        "last_inbound_seq": last_inbound,
        "handled_seq": last_inbound,
        "answer_due_at": created_at,
        "staff_due_at": now + timedelta(seconds=settings().agent.staff_deadline_s) if is_open else created_at,
        "resolved_at": None if is_open else one.resolved_at,
        "learned_at": None if is_open or one.teaches else now,
        "metadata": {"imported_from": one.source, "imported_id": one.external_id, "tags": list(one.tags)},
        "created_at": created_at,
        "updated_at": max(said.at for said in one.messages),
    }


def _write_messages(session: Session, added: list[_Added]) -> None:
    ids = iter(_numbers(session, "messages_id_seq", sum(len(one.past.messages) for one in added)))
    aside = itertools.count(_FIRST_ASIDE, -1)
    messages, received, kept = [], [], []
    for one in added:
        of_ticket = [next(ids) for _ in one.past.messages]
        for seq, (message_id, said) in enumerate(zip(of_ticket, one.safe.past.messages, strict=True), 1):
            place = next(aside) if one.past.continues else seq
            messages.append(_message(said, message_id, one.ticket_id, place))
        received += _marks(one, of_ticket)
        kept += [
            (message_id, taken)
            for message_id, taken in zip(of_ticket, one.safe.secrets, strict=True)
            if taken
        ]
    _insert(session, statements.INSERT_MESSAGES, messages)
    _insert(session, statements.INSERT_RECEIVED, received)
    for message_id, taken in kept:
        vault.keep(session, message_id, taken)
    opened = [_event(one.past, one.ticket_id) for one in added if one.past.continues is None]
    _insert(session, statements.INSERT_EVENTS, opened)


def _marks(one: _Added, message_ids: list[int]) -> list[dict[str, Any]]:
    """By which each mail, or the whole ticket, is known from now on: by its content as it came."""
    if not one.past.is_mail:
        return [_received(one.past.key, one.past.fingerprint, one.ticket_id, message_ids[0])]
    return [
        _received((str(Channel.MAIL), said.external_id), said.fingerprint, one.ticket_id, message_id)
        for said, message_id in zip(one.past.messages, message_ids, strict=True)
    ]


def _insert(session: Session, statement: TextClause, rows: list[dict[str, Any]]) -> None:
    session.execute(statement, {"rows": json.dumps(rows, default=datetime.isoformat)})


def _kind(said: PastMessage) -> Kind:
    if said.internal:
        return Kind.NOTE
    return Kind.INBOUND if said.author is Author.CUSTOMER else Kind.OUTBOUND


def _message(said: PastMessage, message_id: int, ticket_id: int, seq: int) -> dict[str, Any]:
    outbound = _kind(said) is Kind.OUTBOUND
    return {
        "id": message_id,
        "ticket_id": ticket_id,
        "seq": seq,
        "kind": _kind(said),
        "author": said.author,
        "author_name": said.name,
        "text": said.text,
        "quoted_text": said.quoted_text,
        "external_id": said.external_id,
        "mail_id": said.mail.message_id if said.mail else "",
        "mail_references": list(said.mail.references) if said.mail else [],
        "delivery": Delivery.SENT if outbound else None,
        "delivered_at": said.at if outbound else None,
        "created_at": said.at,
    }


def _received(key: Key, fingerprint: str, ticket_id: int, message_id: int) -> dict[str, Any]:
    return {
        "channel": key[0],
        "external_id": key[1],
        "fingerprint": fingerprint,
        "ticket_id": ticket_id,
        "message_id": message_id,
    }


def _event(one: PastTicket, ticket_id: int) -> dict[str, Any]:
    return {"ticket_id": ticket_id, "kind": "imported", "actor": Author.SYSTEM, "data": {"from": one.source}}


def customers_of(session: Session, ticket_ids: Iterable[int]) -> dict[int, set[Person]]:
    """By which identities the customers of these tickets are known."""
    from_tickets: defaultdict[int, set[Person]] = defaultdict(set)
    rows = session.execute(statements.CUSTOMERS, {"tickets": sorted(set(ticket_ids))})
    for ticket_id, kind, value in rows:
        from_tickets[ticket_id].add(Person(kind, value))
    return from_tickets
