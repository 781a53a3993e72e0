"""The tables of figures about the desk."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Integer, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table


class HourlyVolume(Table):
    """Messages of customers by hour, channel and category, also from before the desk was in use."""

    __tablename__ = "hourly_volume"

    hour: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    channel: Mapped[str] = mapped_column(Text, primary_key=True)
    category: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")
    messages: Mapped[int] = mapped_column(Integer)


class StoredForecast(Table):
    """The newest forecast of the desk's volume: all of it, of one channel, or of one category. A refit replaces it."""

    __tablename__ = "forecasts"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    channel: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")
    category: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    model: Mapped[dict[str, Any]] = mapped_column(JSONB)
    bins: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
