"""The table of alerts."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Identity, Index, Text, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table


class Alert(Table):
    """Something of the desk that staff must know. It is open until `cleared_at`; who acknowledged it has seen it."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_open", "kind", "about", unique=True, postgresql_where=sql("cleared_at is null")),
        Index("ix_alerts_raised_at", sql("raised_at desc")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    acknowledged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    acknowledged_by: Mapped[str | None] = mapped_column(Text)
    cleared_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
