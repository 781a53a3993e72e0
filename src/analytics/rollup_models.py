"""The tables of rolled-up figures: each ticket's story, read once from its rows, and up to where that was done."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table
from tickets.models import Ticket


class RolledStory(Table):
    """What figures need of a ticket. `state` is what its row said when it was read: with another one it changed."""

    __tablename__ = "rolled_stories"
    __table_args__ = (Index("ix_rolled_stories_began", "began", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey(Ticket.id, ondelete="CASCADE"), primary_key=True)
    began: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    channel: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    story: Mapped[dict[str, Any]] = mapped_column(JSONB)


class RollupMarks(Table):
    """The newest event that was seen, and when: several moments, because rows are committed out of their order."""

    __tablename__ = "rollup_marks"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, server_default="1")
    marks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=sql("'[]'"))
