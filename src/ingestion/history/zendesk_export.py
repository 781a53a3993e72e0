"""Zendesk's JSON export: tickets with their comments and people, inside of them or apart, as lines or as pages."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ingestion.history.json_stream import elements_of, noted
from ingestion.history.reading import Tape
from ingestion.history.records import Plan, Record
from ingestion.history.side_tables import Person, SideTables
from ingestion.history.values import date_of, shown, status_of, tags_of, words_of
from ingestion.mail.html_text import html_to_text
from runtime.errors import InvalidInput
from tickets.contracts import Author, Channel, Status
from tickets.past import PastMessage, PastTicket

_STAFF_ROLES = ("agent", "admin")
_OF_A_TICKET = ("requester_id", "requester", "description", "comments", "subject")


def is_ticket(value: Mapping[str, Any]) -> bool:
    return "id" in value and any(name in value for name in _OF_A_TICKET) and not is_comment(value)


def is_comment(value: Mapping[str, Any]) -> bool:
    return "ticket_id" in value and any(
        name in value for name in ("body", "html_body", "plain_body", "comments")
    )


def is_person(value: Mapping[str, Any]) -> bool:
    return "id" in value and "email" in value and not is_ticket(value)


def note(tape: Tape, plan: Plan, side: SideTables, progress: Callable[[], None]) -> bool:
    """The first reading: people and comments into the side tables. Whether the file holds tickets, too."""
    holds_tickets = False
    for one in noted(elements_of(tape, plan.path, encoding=plan.encoding), progress):
        value = one.value
        if not isinstance(value, dict):
            holds_tickets = holds_tickets or bool(one.problem)
        elif is_comment(value):
            for comment in _comments(value) if "comments" in value else [value]:
                side.put_comment(words_of(value["ticket_id"]), comment)
        elif is_ticket(value):
            holds_tickets = True
            _note_people(value, side)
        elif is_person(value):
            _note_person(value, side)
    return holds_tickets


def _note_people(ticket: Mapping[str, Any], side: SideTables) -> None:
    """Who is inside of a ticket. Tickets are assigned to staff only, so an assignee is staff."""
    for name in ("requester", "submitter", "assignee"):
        if isinstance(ticket.get(name), dict):
            _note_person(ticket[name], side)
    if assignee := words_of(ticket.get("assignee_id")):
        side.put_person(assignee, Person(staff=True))


def _note_person(value: Mapping[str, Any], side: SideTables) -> None:
    person = Person(
        words_of(value.get("name")), words_of(value.get("email")), value.get("role") in _STAFF_ROLES
    )
    if key := words_of(value.get("id")):
        side.put_person(key, person)


def records(tape: Tape, plan: Plan) -> Iterator[Record]:
    """The tickets. What is neither a ticket nor of one is told."""
    for one in elements_of(tape, plan.path, encoding=plan.encoding):
        value = one.value
        if one.problem:
            yield Record(one.line, one.raw, problem=one.problem)
        elif not isinstance(value, dict) or not (is_ticket(value) or is_comment(value) or is_person(value)):
            yield Record(
                one.line, one.raw, problem="It is neither a ticket, a comment nor a user of Zendesk."
            )
        elif is_ticket(value):
            yield Record(one.line, one.raw, value)


def past_ticket(record: Record, plan: Plan) -> PastTicket:
    assert plan.side is not None
    ticket: Mapping[str, Any] = record.value
    key = words_of(ticket["id"])
    requester_id, requester = _requester(ticket, plan.side)
    if words_of(ticket.get("status")) == "deleted":
        raise InvalidInput("The ticket was deleted there.", field="status")
    status = status_of(ticket.get("status", ""), plan.statuses)
    created_at = date_of(ticket.get("created_at"))
    if not key:
        raise InvalidInput("The ticket has no id.", field="id")
    comments = _comments(ticket) or plan.side.comments(key)
    messages = [_message(one, requester_id, requester, plan.side) for one in comments]
    if not messages:
        messages = [
            PastMessage(Author.CUSTOMER, words_of(ticket.get("description")), created_at, requester.name)
        ]
    subject = words_of(ticket.get("subject"))
    return PastTicket(
        external_id=key,
        source=plan.source,
        channel=Channel.ZENDESK,
        thread=key,
        identity=requester.address or requester_id,
        name=requester.name,
        subject=subject,
        messages=tuple(sorted((one for one in messages if one.text), key=lambda one: one.at)),
        status=status,
        resolved_at=None if status is Status.OPEN else _resolved_at(ticket, created_at),
        category=words_of(ticket.get("type")) or None,
        tags=tags_of(ticket.get("tags")),
    )


def _comments(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = value.get("comments")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _requester(ticket: Mapping[str, Any], side: SideTables) -> tuple[str, Person]:
    inside = ticket.get("requester")
    key = words_of(ticket.get("requester_id")) or words_of(
        inside.get("id") if isinstance(inside, dict) else ""
    )
    found = side.person(key)
    if isinstance(inside, dict) and not found.address:
        found = Person(words_of(inside.get("name")), words_of(inside.get("email")))
    return key, found


def _message(value: Mapping[str, Any], requester_id: str, requester: Person, side: SideTables) -> PastMessage:
    writer = words_of(value.get("author_id"))
    person = requester if writer == requester_id else side.person(writer)
    internal = value.get("public") is False
    # Who is not known to be staff is a customer: what a stranger wrote must not be learned as an answer.
    by_staff = writer != requester_id and (person.staff or internal)
    return PastMessage(
        Author.STAFF if by_staff else Author.CUSTOMER,
        _text(value),
        date_of(value.get("created_at")),
        name=person.name,
        internal=internal,
    )


def _text(value: Mapping[str, Any]) -> str:
    if plain := words_of(value.get("plain_body")):
        return plain
    if html := words_of(value.get("html_body")):
        return html_to_text(html)
    return words_of(value.get("body"))


def _resolved_at(ticket: Mapping[str, Any], created_at: datetime) -> datetime:
    figures = ticket.get("metric_set")
    solved = figures.get("solved_at") if isinstance(figures, dict) else None
    stated = solved or ticket.get("solved_at") or ticket.get("updated_at")
    if stated is not None and not isinstance(stated, str):
        raise InvalidInput(f"{shown(stated)} is no date.", field="updated_at")
    return date_of(stated) if stated else created_at
