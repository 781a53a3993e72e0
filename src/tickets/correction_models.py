"""The tables of what staff corrected of the agent's judgements, and of the classifiers that learnt from it."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table

_Now = func.now()


class JudgementCorrection(Table):
    """One field that staff set right. The text it is about stays in its message."""

    __tablename__ = "judgement_corrections"
    __table_args__ = (
        CheckConstraint("field in ('category', 'priority', 'mood')", name="field"),
        Index(None, "ticket_id"),
        Index(None, "decision_id"),
        Index("ix_judgement_corrections_message", "message_id", "field", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("agent_decisions.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    field: Mapped[str] = mapped_column(Text)
    from_value: Mapped[str] = mapped_column(Text)
    to_value: Mapped[str] = mapped_column(Text)
    staff: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class AnswerVerdict(Table):
    """What one of the staff says of one of the agent's answers; saying it again replaces it."""

    __tablename__ = "answer_verdicts"
    __table_args__ = (CheckConstraint("verdict in ('right', 'wrong')", name="verdict"),)

    decision_id: Mapped[int] = mapped_column(
        ForeignKey("agent_decisions.id", ondelete="CASCADE"), primary_key=True
    )
    staff: Mapped[str] = mapped_column(Text, primary_key=True)
    verdict: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class TriageTraining(Table):
    """One training of the local classifiers, and the newest of its recipe is in use.

    `recipe` names the code and categories that can use it; `models`: by target the classifier's name, its `key` in
    the store and until which correction it was taught; `figures` are of held-out texts; `curves`: by model what its
    confidence is worth.
    """

    __tablename__ = "triage_trainings"

    version: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    recipe: Mapped[str] = mapped_column(Text)
    models: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    taught: Mapped[int] = mapped_column(Integer, server_default="0")
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    curves: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)
