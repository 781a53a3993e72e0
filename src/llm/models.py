"""The tables of what models were asked and what it cost. They name tickets by number and hold no text."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, Index, Integer, Numeric, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table

_Usd = Numeric(14, 8)


class LlmCall(Table):
    """One call. `outcome` is ok or the name of a `Fault`; `cached_tokens` are those of the input read cheaply."""

    __tablename__ = "llm_calls"
    __table_args__ = (
        Index("ix_llm_calls_at", "at"),
        Index("ix_llm_calls_ticket_id", "ticket_id", postgresql_where=text("ticket_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    purpose: Mapped[str] = mapped_column(Text)
    prompt_version: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    input_tokens: Mapped[int] = mapped_column(Integer)
    output_tokens: Mapped[int] = mapped_column(Integer)
    cached_tokens: Mapped[int] = mapped_column(Integer)
    cost_usd: Mapped[Decimal] = mapped_column(_Usd)
    ms: Mapped[int] = mapped_column(Integer)
    first_token_ms: Mapped[int | None] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(Text)
    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    customer_id: Mapped[int | None] = mapped_column(BigInteger)
    correlation_id: Mapped[str] = mapped_column(Text, server_default="")


class LlmBudget(Table):
    """What one budget has spent. `warned` is the highest share of `limit_usd`, in percent, that was told."""

    __tablename__ = "llm_budgets"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    limit_usd: Mapped[Decimal] = mapped_column(_Usd)
    spent_usd: Mapped[Decimal] = mapped_column(_Usd, server_default=text("0"))
    warned: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class LlmReservation(Table):
    """The most that a call under way may take from a budget; without meaning once it has expired."""

    __tablename__ = "llm_reservations"

    budget: Mapped[str] = mapped_column(Text, primary_key=True)
    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    amount_usd: Mapped[Decimal] = mapped_column(_Usd)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
