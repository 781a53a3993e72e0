"""What admins change while the product runs: versions of a few documents, of which the newest is in force.

Without one a document is what files and environment say. Only a process that called `follow` reads the table, so that
rules stay pure everywhere else. Every process has a change within `KNOWN_S` seconds.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Index, Text, func, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from runtime import patience
from runtime.database import Table, after_commit, engine_beside_the_pool
from runtime.errors import Conflict, DeskfleetError, NotFound
from runtime.settings import Settings, settings

log = logging.getLogger(__name__)

KNOWN_S = 3.0
_MOST_SHOWN = 20


class Document(StrEnum):
    """What can be changed."""

    HOURS = "hours"
    TAXONOMY = "taxonomy"
    RULES = "rules"
    AGENT = "agent"
    BUDGETS = "budgets"
    MAILBOXES = "mailboxes"


class DeskSetting(Table):
    """One version of a document. Without a value it is again what files and environment say."""

    __tablename__ = "desk_settings"
    __table_args__ = (Index("ix_desk_settings_newest", "name", text("id desc")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    value: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


@dataclass
class _Known:
    """What this process has read, as JSON, and until when it is taken as it is."""

    follows: bool = False
    until: float = 0.0
    documents: dict[str, str] = field(default_factory=dict)
    reading: threading.Lock = field(default_factory=threading.Lock)
    reader: int = 0  # The thread that holds the lock.
    merged: tuple[object, Settings] | None = None  # What it was made of, and the settings.


_known = _Known()


def _forget_readers() -> None:
    """A forked child has none of the threads that may have been reading."""
    _known.reading, _known.reader = threading.Lock(), 0


os.register_at_fork(after_in_child=_forget_readers)


def follow() -> None:
    """From now on this process does as the table says."""
    _known.follows = True
    settings.changed = _changed  # type: ignore[method-assign]  # what it is there for


def forget() -> None:
    """As a process that has just begun."""
    _known.follows, _known.until, _known.documents, _known.merged = False, 0.0, {}, None


def _changed(of_environment: Settings) -> Settings:
    """The two documents that name settings; what they hold was checked when it was written."""
    if not _known.follows:
        return of_environment
    agent, budgets = current(Document.AGENT), current(Document.BUDGETS)
    if agent is None and budgets is None:
        return of_environment
    made_of = (id(of_environment), agent, budgets)
    merged = _known.merged
    if merged is None or merged[0] != made_of:
        limits = {name: Decimal(one) for name, one in json.loads(budgets or "{}").items()}
        merged = (
            made_of,
            replace(
                of_environment,
                agent=of_environment.agent.model_copy(update=json.loads(agent or "{}")),
                llm=of_environment.llm.model_copy(update=limits),
            ),
        )
        _known.merged = merged
    return merged[1]


def current(document: Document) -> str | None:
    """The JSON of what admins made of it; None: files and environment hold. The same string while nothing changes."""
    if not _known.follows:
        return None
    # Reading asks for settings itself: whoever holds the lock takes what is known.
    if time.monotonic() >= _known.until and _known.reader != threading.get_ident():
        _read(waits=not _known.until)
    return _known.documents.get(document)


def _read(*, waits: bool) -> None:
    if not _known.reading.acquire(blocking=waits):
        return
    _known.reader = threading.get_ident()
    try:
        _refresh()
    finally:
        _known.reader = 0
        _known.reading.release()


def _refresh() -> None:
    """On a connection beside the pool: whoever asks may hold the last one of that."""
    if time.monotonic() < _known.until:  # Another thread has just read it.
        return
    newest = select(DeskSetting.name, DeskSetting.value).ext(distinct_on(DeskSetting.name))
    engine = engine_beside_the_pool()
    try:
        with patience.at_most(patience.PROBE_S), engine.connect() as connection:
            rows = connection.execute(newest.order_by(DeskSetting.name, DeskSetting.id.desc())).all()
        _known.documents = {
            name: json.dumps(value, sort_keys=True) for name, value in rows if value is not None
        }
    except (SQLAlchemyError, DeskfleetError) as error:  # What was known holds on.
        log.warning("the desk's settings could not be read: %s", type(error).__name__)
    finally:
        engine.dispose()
    _known.until = time.monotonic() + KNOWN_S


def _look_again() -> None:
    _known.until = min(_known.until, time.monotonic())


def newest(session: Session, document: Document) -> DeskSetting | None:
    """The version in force, whether or not it has a value."""
    versions = select(DeskSetting).where(DeskSetting.name == document)
    return session.scalars(versions.order_by(DeskSetting.id.desc()).limit(1)).first()


def versions(session: Session, document: Document) -> list[DeskSetting]:
    """The newest first."""
    query = select(DeskSetting).where(DeskSetting.name == document).order_by(DeskSetting.id.desc())
    return list(session.scalars(query.limit(_MOST_SHOWN)))


def write(
    session: Session, document: Document, value: Mapping[str, Any] | None, *, by: str, seen: int
) -> DeskSetting:
    """A new version; `seen` is the id of the one that was changed, 0 for none.

    Raises Conflict when that is not the newest.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"desk_settings:{document}"))))
    present = newest(session, document)
    if seen != (present.id if present else 0):
        raise Conflict("Somebody changed this meanwhile: look at it again.", field="seen")
    row = insert(DeskSetting).values(
        name=document, value=None if value is None else dict(value), changed_by=by
    )
    made = session.scalars(row.returning(DeskSetting)).one()
    after_commit(session, _look_again)
    return made


def restore(session: Session, document: Document, version: int, *, by: str, seen: int) -> DeskSetting:
    """An earlier version again, as a new one; version 0 is what files and environment say. Raises NotFound."""
    old = session.get(DeskSetting, version)
    if version and (old is None or old.name != document):
        raise NotFound("There is no such version.")
    return write(session, document, old.value if old else None, by=by, seen=seen)
