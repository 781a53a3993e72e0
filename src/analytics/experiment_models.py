"""The table of experiments: a candidate that some customers meet, and what was decided about it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Double, Identity, Index, Integer, Text, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table


class Experiment(Table):
    """`share` of the customers meet the candidate. `needed` of each arm tell a change by `effect` from `baseline`.

    At most one runs, and at most one is promoted: it holds for everybody until it is rolled back.
    """

    __tablename__ = "experiments"
    __table_args__ = (
        CheckConstraint("state in ('running', 'stopped', 'promoted', 'rolled_back')", name="state"),
        Index(
            "ix_experiments_in_use",
            "state",
            unique=True,
            postgresql_where=sql("state in ('running', 'promoted')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    candidate: Mapped[dict[str, Any]] = mapped_column(JSONB)
    share: Mapped[float] = mapped_column(Double)
    baseline: Mapped[float] = mapped_column(Double)
    effect: Mapped[float] = mapped_column(Double)
    needed: Mapped[int] = mapped_column(Integer)
    most_wrong: Mapped[float] = mapped_column(Double)
    state: Mapped[str] = mapped_column(Text, server_default="running")
    started_by: Mapped[str] = mapped_column(Text, server_default="")
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_by: Mapped[str] = mapped_column(Text, server_default="")
    changed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    why: Mapped[str] = mapped_column(Text, server_default="")
