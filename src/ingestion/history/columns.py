"""Which column of a table is which field of a past ticket: by usual names, by the command line, by a map file."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.history.values import plain_word
from runtime.errors import InvalidInput
from tickets.contracts import Status

# Our fields with the names that desks give them, the surest first. The order decides who gets a column of two uses.
FIELDS: dict[str, str] = {
    "id": (
        "id ticket_id ticket_number ticket_no ticket case_id case_number conversation_id thread_id issue_key "
        "external_id reference number key"
    ),
    "customer": (
        "customer_email requester_email contact_email customer_mail email email_address sender_email from_email "
        "from customer_id requester_id user_id customer_identity customer requester contact reporter sender user"
    ),
    "name": "customer_name requester_name contact_name full_name name customer_full_name",
    "subject": "subject title summary topic",
    "messages": "messages turns conversation comments thread replies",
    "author": "author author_role author_type sender_type role direction from_type",
    "question": (
        "question description customer_message message body text content inquiry request issue problem "
        "ticket_description details"
    ),
    "answer": (
        "answer resolution solution reply response agent_reply agent_response staff_reply resolution_notes "
        "resolution_note"
    ),
    "staff": "agent_name assignee_name staff_name answered_by resolved_by agent assignee staff",
    "status": "status ticket_status state is_solved solved resolved_status",
    "created_at": (
        "created_at created created_date creation_date date_created opened_at opened submitted_at sent_at "
        "date timestamp time at"
    ),
    "resolved_at": (
        "resolved_at solved_at resolved_date resolution_date closed_at date_resolved date_closed completed_at "
        "resolved closed"
    ),
    "tags": "tags labels tag label",
    "category": "category ticket_type issue_type type product_area area group",
    "channel": "channel ticket_channel via contact_channel",
    "language": "language locale lang",
}
_HINT = "Name it with --map COLUMN={missing}; the fields are: {fields}."


@dataclass(frozen=True)
class Map:
    """What the user says of a file: columns to fields, words to statuses, how dates are written."""

    fields: Mapping[str, str] = field(default_factory=dict)  # Column → field.
    statuses: Mapping[str, Status] = field(default_factory=dict)
    date_format: str = ""


def read_map(given: Iterable[str], file: Path | None) -> Map:
    """From `column=field` texts and a TOML file; the texts win. Raises InvalidInput naming what is wrong."""
    content = _toml(file) if file else {}
    unknown = sorted(set(content) - {"columns", "status", "date_format"})
    if unknown:
        raise InvalidInput(f"{file}: {unknown[0]} is not one of columns, status, date_format.", field="map")
    fields = {str(column): str(name) for column, name in dict(_table(content, "columns")).items()}
    for one in given:
        column, equals, name = one.rpartition("=")
        if not equals:
            raise InvalidInput(f"--map {one} is not of the form COLUMN=FIELD.", field="map")
        fields[column.strip()] = name.strip()
    for name in fields.values():
        if name not in FIELDS:
            raise InvalidInput(f"There is no field {name}; there are: {', '.join(FIELDS)}.", field="map")
    statuses = {plain_word(word): _status(name) for word, name in _table(content, "status").items()}
    return Map(fields, statuses, str(content.get("date_format", "")))


def _toml(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.", field="map") from None
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise InvalidInput(f"{file} is no TOML: {error}.", field="map") from None


def _table(content: Mapping[str, object], name: str) -> dict[str, object]:
    found = content.get(name, {})
    if not isinstance(found, dict):
        raise InvalidInput(f"{name} of the map file is no table.", field="map")
    return found


def _status(name: object) -> Status:
    if name not in (Status.OPEN, Status.RESOLVED, Status.CLOSED):
        raise InvalidInput(f"{name} is not one of open, resolved, closed.", field="map")
    return Status(str(name))


def match(found: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Field → column. Raises InvalidInput when a named column or a required field is not there."""
    for column in given:
        if column not in found:
            raise InvalidInput(f"There is no column {column}. {_listed(found)}", field="map")
    matched = {name: column for column, name in given.items()}
    taken = set(matched.values())
    by_word: dict[str, str] = {}
    for column in found:
        by_word.setdefault(plain_word(column), column)
    for name, words in FIELDS.items():
        usual = (by_word[word] for word in words.split() if word in by_word)
        free = next((column for column in usual if column not in taken), None)
        if name not in matched and free is not None:
            matched[name] = free
            taken.add(free)
    _require(matched, found)
    return matched


def _require(matched: Mapping[str, str], found: Sequence[str]) -> None:
    """A table needs to say who asked and what."""
    required = () if "messages" in matched else ("question", "customer")
    missing = next((name for name in required if name not in matched), None)
    if missing:
        hint = _HINT.format(missing=missing, fields=", ".join(FIELDS))
        raise InvalidInput(f"No column holds the {missing}. {_listed(found)} {hint}", field=missing)


def _listed(found: Sequence[str]) -> str:
    return f"The columns are: {', '.join(column[:60] for column in found[:60])}."
