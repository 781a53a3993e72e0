"""How far an import has come, as a row: written with the tickets, read when it goes on."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingestion.history.records import Plan
from ingestion.models import Import
from runtime.errors import Conflict

_PART = 65_536


@dataclass(frozen=True)
class Run:
    """Counts since the beginning of the file. `position`: records read; `line`: where the last one began."""

    import_id: int
    position: int = 0
    line: int = 0
    stored: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejected: int = 0
    rejects_bytes: int = 0


def begin(session: Session, plan: Plan) -> Run:
    """The run that was stopped, or a new one: a finished import begins anew, and finds its tickets there already."""
    key = {"file_digest": digest_of(plan.path), "options_digest": _options_digest(plan)}
    values = {**key, "file_name": plan.path.name, "format": plan.format, "source": plan.source}
    session.execute(insert(Import).values(**values).on_conflict_do_nothing())
    row = session.scalars(select(Import).filter_by(**key).with_for_update()).one()
    if row.finished_at is not None:
        zeros = dict.fromkeys(_counters(Run(0)), 0)
        again = {**zeros, "finished_at": None, "started_at": func.now(), "updated_at": func.now()}
        session.execute(update(Import).where(Import.id == row.id).values(**again))
        return Run(row.id)
    return Run(row.id, **{name: getattr(row, name) for name in _counters(Run(0))})


def advance(session: Session, before: Run, after: Run) -> None:
    """Raises Conflict when somebody else has gone on with the same import."""
    _change(session, before, {**_counters(after), "updated_at": func.now()})


def finish(session: Session, run: Run) -> None:
    _change(session, run, {"finished_at": func.now()})


def _change(session: Session, before: Run, values: dict[str, object]) -> None:
    changed = session.execute(
        update(Import)
        .where(
            Import.id == before.import_id, Import.position == before.position, Import.finished_at.is_(None)
        )
        .values(**values)
        .returning(Import.id)
    ).first()
    if changed is None:
        raise Conflict("Another process is importing the same file: let one of them finish.")


def _counters(run: Run) -> dict[str, int]:
    return {name: value for name, value in vars(run).items() if name != "import_id"}


def digest_of(path: Path) -> str:
    """Of the size and both ends: an export may be too large to be read only for that."""
    size = path.stat().st_size
    with path.open("rb") as file:
        ends = file.read(_PART)
        file.seek(-min(size, _PART), os.SEEK_END)
        ends += file.read()
    return hashlib.sha256(f"{size}:".encode() + ends).hexdigest()


def _options_digest(plan: Plan) -> str:
    """Another mapping is another import: what one refused, the next may take."""
    options = [
        plan.format, plan.source, plan.encoding, sorted(plan.columns.items()), plan.delimiter,
        sorted(plan.statuses.items()), plan.date_format, plan.keep_open, sorted(plan.staff),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(options).encode()).hexdigest()
