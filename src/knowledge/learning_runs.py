"""What each round of learning did. One that was killed is told by how long it was not heard of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Identity,
    Index,
    Integer,
    Text,
    func,
    select,
    update,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column

from runtime.database import Table, transaction

# The slowest ticket takes seconds: who was not heard of for so long is not coming back.
_SILENCE = timedelta(minutes=10)


class RunOutcome(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"  # Killed; what it had done is kept, and the next round goes on from there.


class LearningRun(Table):
    """One round; its counts are those of the tickets whose transactions were committed."""

    __tablename__ = "learning_runs"
    __table_args__ = (
        CheckConstraint("outcome in ('running', 'done', 'failed', 'stopped')", name="outcome"),
        Index("ix_learning_runs_open", "touched_at", postgresql_where=sql("outcome = 'running'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    started_by: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    touched_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str] = mapped_column(Text, server_default="running")
    seen: Mapped[int] = mapped_column(Integer, server_default="0")
    learned: Mapped[int] = mapped_column(Integer, server_default="0")
    duplicates: Mapped[int] = mapped_column(Integer, server_default="0")
    skipped: Mapped[int] = mapped_column(Integer, server_default="0")
    withdrawn: Mapped[int] = mapped_column(Integer, server_default="0")
    confirmed: Mapped[int] = mapped_column(Integer, server_default="0")


@dataclass(frozen=True)
class Run:
    """A round as it is shown. `seconds` is how long it took, or has taken so far."""

    started_at: datetime
    started_by: str
    outcome: RunOutcome
    seconds: float
    seen: int
    learned: int
    duplicates: int
    skipped: int
    withdrawn: int
    confirmed: int


def begin(started_by: str) -> int:
    """Record that a round begins, and close those that died without a word."""
    with transaction() as session:
        died = (LearningRun.outcome == RunOutcome.RUNNING, LearningRun.touched_at < func.now() - _SILENCE)
        values = {"outcome": RunOutcome.STOPPED.value, "ended_at": LearningRun.touched_at}
        session.execute(update(LearningRun).where(*died).values(values))
        run = LearningRun(started_by=started_by)
        session.add(run)
        session.flush()
        return run.id


def count(session: Session, run_id: int, **counts: int) -> None:
    """Add to the counts of a round, in the transaction of what is counted."""
    added = {name: getattr(LearningRun, name) + more for name, more in counts.items()}
    session.execute(
        update(LearningRun).where(LearningRun.id == run_id).values(touched_at=func.clock_timestamp(), **added)
    )


def end(run_id: int, outcome: RunOutcome) -> None:
    with transaction() as session:
        ended = {"outcome": outcome.value, "ended_at": func.clock_timestamp()}
        session.execute(update(LearningRun).where(LearningRun.id == run_id).values(ended))


def latest_runs(session: Session, *, limit: int = 20) -> list[Run]:
    """The newest rounds first."""
    newest = select(LearningRun).order_by(LearningRun.id.desc()).limit(limit)
    return [_shown(run) for run in session.scalars(newest)]


def _shown(run: LearningRun) -> Run:
    seconds = ((run.ended_at or run.touched_at) - run.started_at).total_seconds()
    counts = (run.seen, run.learned, run.duplicates, run.skipped, run.withdrawn, run.confirmed)
    return Run(run.started_at, run.started_by, RunOutcome(run.outcome), round(seconds, 1), *counts)
