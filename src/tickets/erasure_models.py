"""The tables of erasures: their receipts, and the digests by which what was erased is not imported again."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table


class Erasure(Table):
    """One erasure. The receipt holds counts and digests, and nothing of what was erased."""

    __tablename__ = "erasures"

    public_id: Mapped[str] = mapped_column(Text, primary_key=True)
    customer_id: Mapped[str] = mapped_column(Text, unique=True)
    requested_by: Mapped[str] = mapped_column(Text)
    receipt: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Tombstone(Table):
    """A keyed digest of an erased identity: nobody who reads the table learns whose."""

    __tablename__ = "tombstones"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
