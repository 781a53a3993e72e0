"""Exports of other desks, small and made up, and their import as a test wants it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ingestion.history import importing, planning
from ingestion.history.columns import Map
from ingestion.history.importing import Report, Understood
from ingestion.history.planning import Wishes
from ingestion.history.records import Format
from ingestion.history.rejects import ENDING
from ingestion.history.side_tables import side_tables
from runtime.database import transaction

HEADER = "id,email,name,subject,question,answer,status,created_at,resolved_at"
QUESTION = "How do I descale my kettle?"
ANSWER = "Boil one litre of water with two spoons of citric acid and rinse the kettle twice."
DAY = "2024-01-02T10:00:00Z"
ROW = f"1,Alice@Example.com,Alice,Kettle,{QUESTION},{ANSWER},solved,{DAY},2024-01-03T09:00:00Z"


def table(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def row(number: int, question: str = QUESTION, answer: str = ANSWER, status: str = "solved") -> str:
    return f"{number},bob{number}@example.com,Bob,Subject {number},{question},{answer},{status},{DAY},"


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines_of(values: Iterable[object]) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def load(path: Path, *, beside: Iterable[Path] = (), limit: int | None = None, **wishes: Any) -> Report:
    """One import of a file, with those that it belongs to."""
    wishes |= {"format": Format(wishes["format"])} if "format" in wishes else {}
    if isinstance(wishes.get("map"), dict):
        wishes["map"] = Map(fields=wishes["map"])
    with side_tables() as side:
        for other in beside:
            importing.note(planning.plan_for(other, Wishes(**wishes), side=side), progress=_ignore)
        plan = planning.plan_for(path, Wishes(**wishes), side=side)
        importing.note(plan, progress=_ignore)
        place = path.with_name(path.name + ENDING)
        return importing.import_file(plan, place, limit=limit, progress=_ignore)


def read(path: Path, **wishes: Any) -> list[Understood]:
    """Every record of a file as it would be stored."""
    wishes |= {"format": Format(wishes["format"])} if "format" in wishes else {}
    with side_tables() as side:
        plan = planning.plan_for(path, Wishes(**wishes), side=side)
        importing.note(plan, progress=_ignore)
        return list(importing.understood(plan, progress=_ignore))


def _ignore(_bytes_read: int) -> None:
    return


def rejected(path: Path) -> dict[int, str]:
    """Line → reason."""
    place = path.with_name(path.name + ENDING)
    found = [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []
    return {one["line"]: one["reason"] for one in found}


def rows(statement: str, **values: Any) -> list[Any]:
    with transaction() as session:
        return [tuple(one) for one in session.execute(text(statement), values)]


def conversations() -> list[Any]:
    """Every ticket in the order of its dates, with all that was said."""
    return rows(
        "select tickets.subject, tickets.status, string_agg(messages.author || ': ' || messages.text, ' | ' "
        "order by messages.seq) from tickets join messages on messages.ticket_id = tickets.id "
        "group by tickets.id order by tickets.created_at, tickets.id"
    )
