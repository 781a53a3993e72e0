"""Rows of fields to past tickets, whether the rows came as CSV or as JSON: one row a ticket, or one row a message."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ingestion.history.records import Plan
from ingestion.history.values import (
    author_of,
    channel_of,
    date_of,
    plain_word,
    shown,
    status_of,
    tags_of,
    words_of,
)
from runtime.errors import InvalidInput
from tickets.contracts import Author, Channel, Status
from tickets.past import PastMessage, PastTicket

Row = Mapping[str, Any]  # Field → value.

_MESSAGE_KEYS = {
    "author": (
        "author",
        "role",
        "sender_type",
        "author_type",
        "direction",
        "from_type",
        "sender",
        "from",
        "type",
    ),
    "text": ("text", "body", "content", "message", "plain_body"),
    "at": ("at", "created_at", "date", "time", "timestamp", "sent_at", "created"),
    "name": ("name", "author_name", "sender_name"),
    "identity": ("email", "author_email", "sender_email", "user", "user_id", "author_id"),
}


def past_ticket(rows: Sequence[Row], plan: Plan) -> PastTicket:
    """`rows` are all of one ticket. Raises InvalidInput with the reason why it cannot be imported."""
    first = rows[0]
    created_at = _date(first, "created_at", plan) or plan.undated
    messages, identity = _messages(rows, created_at, plan)
    identity = words_of(first.get("customer")) or identity
    status, resolved_at = _ending(rows[-1], messages, plan)
    past = PastTicket(
        external_id=words_of(first.get("id")),
        source=plan.source,
        channel=_channel(first, identity, status=status),
        identity=identity,
        name=words_of(first.get("name")),
        subject=words_of(first.get("subject")),
        messages=messages,
        status=status,
        resolved_at=resolved_at,
        category=words_of(first.get("category")) or None,
        language=_language(first),
        tags=tags_of(first.get("tags")),
    )
    return past if past.external_id else replace(past, external_id=_made_up_id(past))


def _made_up_id(past: PastTicket) -> str:
    """The same row gets the same id however often it is read."""
    return hashlib.sha256(past.fingerprint.encode()).hexdigest()[:32]


def _date(row: Row, name: str, plan: Plan) -> datetime | None:
    value = row.get(name)
    return None if value in (None, "") else date_of(value, pattern=plan.date_format)


def _channel(row: Row, identity: str, *, status: Status) -> Channel:
    """An open ticket of somebody with a mail address is answered by mail, whatever way it once came."""
    otherwise = Channel.MAIL if "@" in identity else Channel.API
    if status is Status.OPEN and "@" in identity:
        return Channel.MAIL
    found = channel_of(row.get("channel"), otherwise=otherwise)
    return Channel.API if found is Channel.MAIL and "@" not in identity else found


def _language(row: Row) -> str:
    """`en-US` → `en`."""
    word = plain_word(words_of(row.get("language"))).partition("_")[0]
    return word if len(word) == 2 else ""


def _ending(row: Row, messages: tuple[PastMessage, ...], plan: Plan) -> tuple[Status, datetime | None]:
    """The status, and when it was resolved. Without a status, an answered ticket was resolved."""
    value = row.get("status")
    answered = any(one.author is Author.STAFF and not one.internal for one in messages)
    if value in (None, ""):
        status = Status.RESOLVED if answered else Status.CLOSED
    else:
        status = status_of(value, plan.statuses)
        answered = True
    if status is Status.OPEN:
        return status, None
    ended = _date(row, "resolved_at", plan)
    return status, ended or (max((one.at for one in messages), default=None) if answered else None)


def _messages(rows: Sequence[Row], created_at: datetime, plan: Plan) -> tuple[tuple[PastMessage, ...], str]:
    """What was said, and the customer's identity if only the messages tell it."""
    first = rows[0]
    if isinstance(first.get("messages"), list):
        return _listed(first["messages"], created_at, plan)
    if "author" in plan.columns:
        found = [one for row in rows if (one := _one_message(row, created_at, plan))]
        return tuple(sorted(found, key=lambda one: one.at)), ""
    question, answer = words_of(first.get("question")), words_of(first.get("answer"))
    said = []
    if question:
        said.append(PastMessage(Author.CUSTOMER, question, created_at, name=words_of(first.get("name"))))
    if answer:
        at = max(_date(first, "resolved_at", plan) or created_at, created_at)
        said.append(PastMessage(Author.STAFF, answer, at, name=words_of(first.get("staff"))))
    return (tuple(said) if question else ()), ""


def _one_message(row: Row, created_at: datetime, plan: Plan) -> PastMessage | None:
    text = words_of(row.get("question"))
    if not text:
        return None
    author, internal = author_of(row.get("author", ""))
    name = words_of(row.get("name" if author is Author.CUSTOMER else "staff"))
    at = _date(row, "created_at", plan) or created_at
    return PastMessage(author, text, at, name=name, internal=internal)


def _listed(values: list[Any], created_at: datetime, plan: Plan) -> tuple[tuple[PastMessage, ...], str]:
    said: list[PastMessage] = []
    identity = ""
    for value in values:
        if not isinstance(value, dict):
            raise InvalidInput(f"A message is no object: {shown(value)}.")
        text = words_of(_first(value, "text"))
        author, internal = _written_by(value)
        if author is Author.CUSTOMER and not identity:
            identity = words_of(_first(value, "identity"))
        if text:
            at = _first(value, "at")
            when = created_at if at in (None, "") else date_of(at, pattern=plan.date_format)
            name = words_of(_first(value, "name"))
            said.append(PastMessage(author, text, when, name=name, internal=internal))
    return tuple(sorted(said, key=lambda one: one.at)), identity


def _written_by(value: Mapping[str, Any]) -> tuple[Author, bool]:
    """`author` may be a word, or an object with a word."""
    found = _first(value, "author")
    if isinstance(found, dict):
        found = found.get("type") or found.get("role")
    author, internal = author_of(found if found is not None else "")
    return author, internal or value.get("internal") is True or value.get("public") is False


def _first(value: Mapping[str, Any], meaning: str) -> Any:  # noqa: ANN401  # whatever JSON can hold
    return next((value[key] for key in _MESSAGE_KEYS[meaning] if value.get(key) not in (None, "")), None)
