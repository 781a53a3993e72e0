"""The tables of replays: which past tickets a candidate answers in shadow, and what became of each."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    func,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table
from tickets.models import Ticket


class Replay(Table):
    """One candidate over the tickets of a span. `cases` is how many there were; those of erased customers go."""

    __tablename__ = "replays"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    candidate: Mapped[dict[str, Any]] = mapped_column(JSONB)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    is_live: Mapped[bool]
    cases: Mapped[int] = mapped_column(Integer, server_default="0")
    requested_by: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ReplayCase(Table):
    """One turn of one ticket: what was decided then (`present`), and what the candidate decides (`candidate`).

    `decision_id` is that of the present one, if there was one. `difference`: 0 the same, 1 the opposite.
    """

    __tablename__ = "replay_cases"
    __table_args__ = (
        CheckConstraint("state in ('waiting', 'done', 'not_reproducible', 'failed')", name="state"),
        Index("ix_replay_cases_ticket_id", "ticket_id"),
        Index("ix_replay_cases_waiting", "replay_id", "ticket_id", postgresql_where=sql("state = 'waiting'")),
    )

    replay_id: Mapped[int] = mapped_column(ForeignKey(Replay.id, ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey(Ticket.id, ondelete="CASCADE"), primary_key=True)
    up_to_seq: Mapped[int] = mapped_column(Integer)
    decision_id: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    claim_token: Mapped[str | None] = mapped_column(Text)
    claimed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    present: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    candidate: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    difference: Mapped[float | None] = mapped_column(Double)
    why: Mapped[str] = mapped_column(Text, server_default="")
