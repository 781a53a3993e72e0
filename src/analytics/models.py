"""The tables of figures about the desk."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Double, ForeignKey, Integer, Text, func
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


class CategoryGate(Table):
    """What the checked answers of a category proved when it was last reckoned; `threshold` null: nothing."""

    __tablename__ = "category_gates"

    category: Mapped[str] = mapped_column(Text, primary_key=True)
    threshold: Mapped[float | None] = mapped_column(Double)
    automation: Mapped[float] = mapped_column(Double)
    checked: Mapped[int] = mapped_column(Integer)
    wrong: Mapped[int] = mapped_column(Integer)
    bound: Mapped[float] = mapped_column(Double)
    more_needed: Mapped[int] = mapped_column(Integer)
    labels: Mapped[int] = mapped_column(Integer)
    contradictions: Mapped[int] = mapped_column(Integer)
    drifted: Mapped[bool] = mapped_column()
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class AuditSample(Table):
    """A reply that went out alone and was picked for a check. Open while nobody has given a verdict on it."""

    __tablename__ = "audit_samples"

    decision_id: Mapped[int] = mapped_column(
        ForeignKey("agent_decisions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class PredictionModel(Table):
    """What predicts one thing of a ticket, as it was fitted last. Where it cannot, `silent` says why."""

    __tablename__ = "prediction_models"

    target: Mapped[str] = mapped_column(Text, primary_key=True)
    model: Mapped[dict[str, Any]] = mapped_column(JSONB)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    silent: Mapped[str] = mapped_column(Text, server_default="")
    fitted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
