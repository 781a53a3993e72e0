"""The tables of what staff keep at their desk: views, drafts, templates, summaries."""

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
    UniqueConstraint,
    func,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table

_Now = func.now()


class SavedView(Table):
    """A search of the queue that one of the staff kept under a name; `query` is the address after the `?`."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("staff", "name"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    staff: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    query: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class ReplyDraft(Table):
    """What one of the staff has begun to write. `seen_seq`: the newest message that they had seen."""

    __tablename__ = "reply_drafts"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    staff: Mapped[str] = mapped_column(Text, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    seen_seq: Mapped[int] = mapped_column(Integer)
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class TicketViewer(Table):
    """One of the staff who has the ticket's page open."""

    __tablename__ = "ticket_viewers"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012  # SQLAlchemy reads it from the class

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    staff: Mapped[str] = mapped_column(Text, primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class Template(Table):
    """A text that staff use again, with `{{variables}}`. An empty list fits every case; `steps` make it a macro."""

    __tablename__ = "templates"
    __table_args__ = (
        CheckConstraint(
            "kind in ('first_response', 'status_update', 'escalation', 'resolution', 'clarification')",
            name="kind",
        ),
        Index("ix_templates_name", "name", unique=True, postgresql_where=sql("withdrawn_at is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, server_default="")
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    severities: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    steps: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class TemplateUse(Table):
    """A reply that was sent with a template; `kept` is the share of its words that went out as they were."""

    __tablename__ = "template_uses"
    __table_args__ = (Index(None, "template_id"), Index(None, "ticket_id"), Index(None, "message_id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("templates.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    staff: Mapped[str] = mapped_column(Text)
    kept: Mapped[float | None] = mapped_column(Double)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class ResolutionNote(Table):
    """What solved a ticket, in the words of the staff who solved it; the nightly learning reads it."""

    __tablename__ = "resolution_notes"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    staff: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class TicketSummary(Table):
    """What a conversation came to: asked for, then with its text, or with why there is none."""

    __tablename__ = "ticket_summaries"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    up_to_seq: Mapped[int] = mapped_column(Integer)
    summary: Mapped[str] = mapped_column(Text, server_default="")
    action_items: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    resolution_note: Mapped[str] = mapped_column(Text, server_default="")
    model: Mapped[str] = mapped_column(Text, server_default="")
    failure: Mapped[str] = mapped_column(Text, server_default="")
    claim_token: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
