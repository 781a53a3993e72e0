"""Intercom's JSON export: conversations with their parts, as lines or as pages."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ingestion.history.json_stream import elements_of, noted
from ingestion.history.reading import Tape
from ingestion.history.records import Plan, Record
from ingestion.history.side_tables import Person, SideTables
from ingestion.history.values import date_of, tags_of, words_of
from ingestion.mail.html_text import html_to_text
from runtime.errors import InvalidInput
from tickets.contracts import Author, Channel, Status
from tickets.past import PastMessage, PastTicket

_CUSTOMERS = ("user", "lead", "contact")
_WRITERS = {"admin": Author.STAFF, "team": Author.STAFF, "bot": Author.AGENT}
_NOTES = ("note", "note_and_reopen")


def is_conversation(value: Mapping[str, Any]) -> bool:
    named = value.get("type") == "conversation" or "conversation_parts" in value
    return "id" in value and (named or ("source" in value and "contacts" in value))


def is_person(value: Mapping[str, Any]) -> bool:
    return "id" in value and "email" in value and not is_conversation(value)


def note(tape: Tape, plan: Plan, side: SideTables, progress: Callable[[], None]) -> bool:
    """The first reading: contacts into the side tables. Whether the file holds conversations, too."""
    holds_tickets = False
    for one in noted(elements_of(tape, plan.path, encoding=plan.encoding), progress):
        if not isinstance(one.value, dict):
            holds_tickets = holds_tickets or bool(one.problem)
        elif is_conversation(one.value):
            holds_tickets = True
        elif is_person(one.value):
            person = Person(words_of(one.value.get("name")), words_of(one.value.get("email")))
            side.put_person(words_of(one.value["id"]), person)
    return holds_tickets


def records(tape: Tape, plan: Plan) -> Iterator[Record]:
    """The conversations. What is neither one nor a contact is told."""
    for one in elements_of(tape, plan.path, encoding=plan.encoding):
        value = one.value
        if one.problem:
            yield Record(one.line, one.raw, problem=one.problem)
        elif not isinstance(value, dict) or not (is_conversation(value) or is_person(value)):
            yield Record(one.line, one.raw, problem="It is neither a conversation nor a contact of Intercom.")
        elif is_conversation(value):
            yield Record(one.line, one.raw, value)


def past_ticket(record: Record, plan: Plan) -> PastTicket:
    talk: Mapping[str, Any] = record.value
    key = words_of(talk["id"])
    if not key:
        raise InvalidInput("The conversation has no id.", field="id")
    source = _object(talk.get("source"))
    created_at = date_of(talk.get("created_at"))
    parts = _members(talk.get("conversation_parts"), "conversation_parts")
    messages = [_message({**source, "created_at": talk.get("created_at")}), *map(_message, parts)]
    contact = _contact(talk, [_object(one.get("author")) for one in (source, *parts)], plan.side)
    is_open = talk.get("state") != "closed" if "state" in talk else talk.get("open") is not False
    return PastTicket(
        external_id=key,
        source=plan.source,
        channel=Channel.INTERCOM,
        thread=key,
        identity=contact[1].address or contact[0],
        name=contact[1].name,
        subject=html_to_text(words_of(talk.get("title")) or words_of(source.get("subject"))),
        messages=tuple(sorted((one for one in messages if one.text), key=lambda one: one.at)),
        status=Status.OPEN if is_open else Status.RESOLVED,
        resolved_at=None if is_open else _resolved_at(talk, parts, created_at),
        tags=tags_of([one.get("name", "") for one in _members(talk.get("tags"), "tags")]),
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _members(value: object, name: str) -> list[dict[str, Any]]:
    """A list of Intercom is an object that holds it under its own name; older exports have it bare."""
    found = value.get(name) if isinstance(value, dict) else value
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _message(part: Mapping[str, Any]) -> PastMessage:
    """Any part may carry a text: closing and assigning, too."""
    author = _object(part.get("author"))
    return PastMessage(
        _WRITERS.get(words_of(author.get("type")), Author.CUSTOMER),
        html_to_text(words_of(part.get("body"))),
        date_of(part.get("created_at")),
        name=words_of(author.get("name")),
        internal=part.get("part_type") in _NOTES,
    )


def _contact(
    talk: Mapping[str, Any], writers: list[dict[str, Any]], side: SideTables | None
) -> tuple[str, Person]:
    """Who the conversation is with: the first customer who wrote, else its first contact."""
    contacts = _members(talk.get("contacts"), "contacts")
    wrote = [one for one in writers if words_of(one.get("type")) in _CUSTOMERS]
    named = [one for one in (*wrote, *contacts) if words_of(one.get("id"))]
    if not named:
        return "", Person()
    key = words_of(named[0].get("id"))
    known = side.person(key) if side else Person()
    name, address = words_of(named[0].get("name")), words_of(named[0].get("email"))
    return key, Person(name or known.name, address or known.address)


def _resolved_at(talk: Mapping[str, Any], parts: list[dict[str, Any]], created_at: datetime) -> datetime:
    closed = [one.get("created_at") for one in parts if one.get("part_type") == "close"]
    stated = _object(talk.get("statistics")).get("last_close_at") or next(reversed(closed), None)
    return date_of(stated or talk.get("updated_at") or created_at.timestamp())
