"""Looks at the beginning of a file and makes the plan to read it: format, encoding, columns."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from ingestion.history import csv_rows, intercom_export, json_lines, mbox, zendesk_export
from ingestion.history.columns import Map, match
from ingestion.history.json_stream import elements, is_by_line
from ingestion.history.reading import BYTE_FOR_CHARACTER, Damaged, encoding_of, opened, sample
from ingestion.history.records import Format, Plan, Reader
from ingestion.history.side_tables import SideTables
from runtime.errors import InvalidInput
from runtime.settings import settings

_READERS: dict[Format, Reader] = {
    Format.CSV: csv_rows,
    Format.JSONL: json_lines,
    Format.MBOX: mbox,
    Format.ZENDESK: zendesk_export,
    Format.INTERCOM: intercom_export,
}
_ENDINGS = {".csv": Format.CSV, ".tsv": Format.CSV, ".mbox": Format.MBOX, ".mbx": Format.MBOX}
_JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
_MOST_LOOKED_AT = 200


@dataclass(frozen=True)
class Wishes:
    """What the user says of an import. `staff`: further addresses, or domains with @, that staff write mail from."""

    format: Format | None = None
    source: str = ""
    map: Map = field(default_factory=Map)
    encoding: str = ""
    keep_open: bool = False
    staff: tuple[str, ...] = ()


def reader_of(plan: Plan) -> Reader:
    return _READERS[plan.format]


def plan_for(path: Path, wishes: Wishes, *, side: SideTables | None = None) -> Plan:
    """Raises InvalidInput when the format cannot be told or a required column is missing."""
    content = sample(path)
    if not content.strip():
        raise InvalidInput(f"{path} is empty.")
    form = wishes.format or format_of(path, content)
    encoding = _encoding(form, content, wishes)
    delimiter, columns = _columns(path, form, encoding, wishes)
    return Plan(
        path=path,
        format=form,
        source=wishes.source or str(form),
        encoding=encoding,
        undated=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        columns=columns,
        delimiter=delimiter,
        statuses=wishes.map.statuses,
        date_format=wishes.map.date_format,
        keep_open=wishes.keep_open,
        staff=(settings().ingestion.address.lower(), *(one.strip().lower() for one in wishes.staff)),
        side=side,
    )


def format_of(path: Path, content: bytes) -> Format:
    """By the name's ending, then by what the beginning looks like."""
    endings = [ending.lower() for ending in path.suffixes if ending.lower() != ".gz"]
    ending = endings[-1] if endings else ""
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    text = content.decode(encoding_of(content), "replace").lstrip("\ufeff \t\r\n")
    if mbox.is_separator(text[:300]):
        return Format.MBOX
    if ending in _JSON_ENDINGS or text.startswith(("{", "[")):
        return _json_format(_first_objects(path, encoding_of(content)))
    head = text.splitlines()[0]
    if head.count(csv_rows.delimiter_of(head)):
        return Format.CSV
    raise InvalidInput(f"The format of {path} cannot be told: name it with --format.", field="format")


def _json_format(objects: list[Any]) -> Format:
    for one in objects:
        if not isinstance(one, dict):
            continue
        if "requester_id" in one or {"ticket_id", "author_id"} <= one.keys():
            return Format.ZENDESK
        if intercom_export.is_conversation(one):
            return Format.INTERCOM
    return Format.JSONL


def _first_objects(path: Path, encoding: str) -> list[Any]:
    by_line = is_by_line(sample(path).decode(encoding, "replace"))
    found: list[Any] = []
    with opened(path, encoding=encoding) as tape:
        try:
            for one in islice(elements(tape.text, by_line=by_line), _MOST_LOOKED_AT):
                found.append(one.value)
        except Damaged:
            return found
    return found


def _encoding(form: Format, content: bytes, wishes: Wishes) -> str:
    """A mail names its own; JSON is UTF-8 by its standard; a table may be anything."""
    if form is Format.MBOX:
        return BYTE_FOR_CHARACTER
    found = wishes.encoding or encoding_of(content)
    try:
        b"a".decode(found)
    except LookupError:
        raise InvalidInput(f"There is no encoding {found}.", field="encoding") from None
    except UnicodeError:
        pass  # Known, and wider than one byte.
    return "utf-8" if form is not Format.CSV and found == "cp1252" and not wishes.encoding else found


def _columns(path: Path, form: Format, encoding: str, wishes: Wishes) -> tuple[str, dict[str, str]]:
    if form is Format.CSV:
        with opened(path, encoding=encoding) as tape:
            delimiter, names = csv_rows.header(tape)
    elif form is Format.JSONL:
        delimiter, names = ",", json_lines.keys(_first_objects(path, encoding))
    else:
        return ",", {}
    return delimiter, match(names, wishes.map.fields)
