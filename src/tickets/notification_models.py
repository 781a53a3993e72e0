"""The tables of what staff and programs are told of: notifications, and the outbox of webhooks."""

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
    LargeBinary,
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


class Notification(Table):
    """Something that one of the staff is told in the console."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_staff", "staff", "id"),
        Index("ix_notifications_unseen", "staff", postgresql_where=sql("seen_at is null")),
        Index(None, "ticket_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    staff: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OutgoingWebhook(Table):
    """Where something that happened is told. `url` is a mail address for the kind mail; `secret` is sealed."""

    __tablename__ = "outgoing_webhooks"
    __table_args__ = (CheckConstraint("kind in ('signed', 'slack', 'mail')", name="kind"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class WebhookDelivery(Table):
    """One event for one webhook: the outbox."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index(None, "webhook_id"),
        Index(
            "ix_webhook_deliveries_due",
            "due_at",
            postgresql_where=sql("sent_at is null and failed_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("outgoing_webhooks.id", ondelete="CASCADE"))
    topic: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)
