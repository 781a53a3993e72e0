"""The tables of staff queues: which tickets each is for, who works it, and who of the staff is present."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, Integer, Text, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table


class StaffQueue(Table):
    """Its skills: an empty list takes every ticket. `capacity` is of each member who has none of their own."""

    __tablename__ = "staff_queues"
    __table_args__ = (CheckConstraint("capacity > 0", name="capacity"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    tiers: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    priorities: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    capacity: Mapped[int] = mapped_column(Integer)
    is_automatic: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class QueueMember(Table):
    """One of the staff who works a queue. `capacity`: most open tickets before the queue gives them no more."""

    __tablename__ = "queue_members"
    __table_args__ = (CheckConstraint("capacity > 0", name="capacity"), Index(None, "staff"))

    queue_id: Mapped[int] = mapped_column(ForeignKey(StaffQueue.id, ondelete="CASCADE"), primary_key=True)
    staff: Mapped[str] = mapped_column(Text, primary_key=True)
    capacity: Mapped[int | None] = mapped_column(Integer)


class StaffPresence(Table):
    """One row for each of the staff who works any queue: it is locked while a ticket is given to them.

    `given_in` is the transaction that gave them one last: who does not see it does not know their load.
    """

    __tablename__ = "staff_presences"

    staff: Mapped[str] = mapped_column(Text, primary_key=True)
    is_present: Mapped[bool]
    last_given_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    given_in: Mapped[int | None] = mapped_column(BigInteger)
