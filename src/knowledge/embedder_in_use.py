"""Which embedder the searched vectors are of: one row. The settings only say which it is to become."""

import time
from datetime import datetime
from threading import Lock

from sqlalchemy import Boolean, CheckConstraint, DateTime, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Mapped, Session, mapped_column

from runtime import patience
from runtime.database import Table, transaction

LIFETIME_S = 1.0  # So long a process may go on with what it read.


class EmbedderInUse(Table):
    """At most one row; none before the first vector is stored."""

    __tablename__ = "embedder_in_use"
    __table_args__ = (CheckConstraint("single", name="single"),)

    single: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default="true")
    model_id: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


_reading = Lock()
_read: tuple[float, str] | None = None


def in_use() -> str | None:
    """The id of its model, at most a second old; None while nothing is stored."""
    global _read  # one per process, so that not every search asks
    with _reading:
        known = _read
    if known is not None and time.monotonic() - known[0] < LIFETIME_S:
        return known[1]
    try:
        with patience.at_most(patience.PROBE_S), transaction() as session:
            found = session.scalars(select(EmbedderInUse.model_id)).first()
    except (DBAPIError, PoolTimeoutError):
        # A process that starts while the database is away goes on starting; nothing can be searched before it is back.
        return known[1] if known else None
    if found is not None:
        with _reading:
            _read = (time.monotonic(), found)
    return found


def note(session: Session, model: str) -> None:
    """The first that stores vectors decides."""
    session.execute(insert(EmbedderInUse).values(single=True, model_id=model).on_conflict_do_nothing())


def replace(session: Session, model: str) -> None:
    """From the commit on, this one's vectors are searched."""
    row = insert(EmbedderInUse).values(single=True, model_id=model)
    changed = {"model_id": row.excluded.model_id, "since": func.now()}
    session.execute(row.on_conflict_do_update(index_elements=[EmbedderInUse.single], set_=changed))


def forget() -> None:
    """Read it anew at the next question."""
    global _read
    with _reading:
        _read = None
