"""The tables of customers, tickets, messages and what happened to them."""

from datetime import datetime
from decimal import Decimal
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
    LargeBinary,
    Numeric,
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
from tickets.staff_queue_models import StaffQueue

_Now = func.now()
# What is searched by words, as the indexes have it: a query must say the same to be answered by them.
MESSAGE_WORDS = "to_tsvector('simple', text)"
TICKET_WORDS = "to_tsvector('simple', (subject || ' ') || summary)"
CUSTOMER_WORDS = "to_tsvector('simple', name)"
# The staff queue; the time by which the agent must have answered cannot stand in an index.
DUE = "coalesce(staff_due_at, answer_due_at)"
MAY_WAIT = (
    "(owner = 'staff' and status in ('new', 'open', 'in_progress', 'escalated'))"
    " or (owner = 'agent' and last_inbound_seq > handled_seq)"
    " or (status = 'snoozed')"
)


class Customer(Table):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text, server_default="")
    tier: Mapped[str] = mapped_column(Text, server_default="standard")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)

    __table_args__ = (Index("ix_customers_words", sql(CUSTOMER_WORDS), postgresql_using="gin"),)


class CustomerIdentity(Table):
    """How a channel knows a customer. `kind`: mail, visitor, api, a platform's name, or merged (a former public id)."""

    __tablename__ = "customer_identities"
    __table_args__ = (Index(None, "customer_id"),)

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))


class Ticket(Table):
    """A thread of messages. Pending is computed: `owner = 'agent' and last_inbound_seq > handled_seq`."""

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint("owner in ('agent', 'staff')", name="owner"),
        CheckConstraint(
            "status in ('new', 'open', 'in_progress', 'waiting_customer', 'escalated', 'resolved', 'closed', "
            "'snoozed', 'merged')",
            name="status",
        ),
        CheckConstraint("status <> 'snoozed' or snoozed_until is not null", name="snoozed"),
        CheckConstraint("status <> 'merged' or merged_into is not null", name="merged"),
        Index("ix_tickets_waiting", sql(DUE), "id", postgresql_where=sql(MAY_WAIT)),
        Index("ix_tickets_snoozed", "snoozed_until", postgresql_where=sql("status = 'snoozed'")),
        Index("ix_tickets_resolved", "resolved_at", postgresql_where=sql("status in ('resolved', 'closed')")),
        Index("ix_tickets_merged_into", "merged_into", postgresql_where=sql("merged_into is not null")),
        Index("ix_tickets_words", sql(TICKET_WORDS), postgresql_using="gin"),
        CheckConstraint("owner = 'agent' or staff_due_at is not null", name="staff_deadline"),
        Index(
            "ix_tickets_pending",
            sql("priority_rank desc"),
            "answer_due_at",
            postgresql_where=sql("owner = 'agent' and last_inbound_seq > handled_seq"),
        ),
        Index(
            "ix_tickets_staff",
            "staff_due_at",
            postgresql_where=sql("owner = 'staff' and status not in ('resolved', 'closed')"),
        ),
        Index("ix_tickets_created", sql("created_at desc"), sql("id desc")),
        Index("ix_tickets_customer", "customer_id", sql("created_at desc")),
        Index("ix_tickets_linked_to", "linked_to", postgresql_where=sql("linked_to is not null")),
        Index("ix_tickets_queue_id", "queue_id", postgresql_where=sql("queue_id is not null")),
        Index(
            "ix_tickets_load",
            "assignee",
            postgresql_where=sql("owner = 'staff' and status in ('new', 'open', 'in_progress', 'escalated')"),
        ),
        Index("ix_tickets_thread", "channel", "thread", postgresql_where=sql("thread <> ''")),
        Index(
            "ix_tickets_help_desk",
            "updated_at",
            postgresql_where=sql("channel in ('zendesk', 'intercom')"),
        ),
        Index(
            "ix_tickets_learnable",
            "resolved_at",
            postgresql_where=sql(
                "status in ('resolved', 'closed') and (learned_at is null or learned_at < resolved_at)"
            ),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    channel: Mapped[str] = mapped_column(Text)
    thread: Mapped[str] = mapped_column(Text, server_default="")
    subject: Mapped[str] = mapped_column(Text, server_default="")
    status: Mapped[str] = mapped_column(Text, server_default="new")
    owner: Mapped[str] = mapped_column(Text, server_default="agent")
    assignee: Mapped[str | None] = mapped_column(Text)
    queue_id: Mapped[int | None] = mapped_column(ForeignKey(StaffQueue.id, ondelete="SET NULL"))
    priority: Mapped[str] = mapped_column(Text, server_default="normal")
    priority_rank: Mapped[int] = mapped_column(Integer, server_default="1")
    priority_stated: Mapped[bool] = mapped_column(server_default=sql("false"))
    category: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, server_default="")
    sentiment: Mapped[float | None] = mapped_column(Double)
    confidence: Mapped[float | None] = mapped_column(Double)
    summary: Mapped[str] = mapped_column(Text, server_default="")
    reason: Mapped[str | None] = mapped_column(Text)
    last_seq: Mapped[int] = mapped_column(Integer, server_default="0")
    last_inbound_seq: Mapped[int] = mapped_column(Integer, server_default="0")
    handled_seq: Mapped[int] = mapped_column(Integer, server_default="0")
    claim_token: Mapped[str | None] = mapped_column(Text)
    claimed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    answer_due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    staff_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    resolved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    learned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    correlation_id: Mapped[str] = mapped_column(Text, server_default="")
    customer_verified: Mapped[bool] = mapped_column(server_default=sql("false"))
    desk_address: Mapped[str] = mapped_column(Text, server_default="")
    identity: Mapped[str] = mapped_column(Text, server_default="")
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, server_default=sql("'{}'"))
    linked_to: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    snoozed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class Message(Table):
    """One message, note or reply. An outgoing row is also the outbox of its delivery."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("ticket_id", "seq"),
        Index("ix_messages_words", sql(MESSAGE_WORDS), postgresql_using="gin"),
        Index("ix_messages_mail_id", "mail_id", postgresql_where=sql("mail_id <> ''")),
        Index("ix_messages_reply_to", "reply_to", postgresql_where=sql("reply_to <> ''")),
        Index(
            "ix_messages_thread_index",
            "mail_thread_index",
            postgresql_where=sql("mail_thread_index <> ''"),
        ),
        Index(
            "ix_messages_citations",
            "citations",
            postgresql_using="gin",
            postgresql_ops={"citations": "jsonb_path_ops"},
            postgresql_where=sql("citations <> '[]'"),
        ),
        Index(
            "ix_messages_outbox", "deliver_after", postgresql_where=sql("delivery in ('queued', 'sending')")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    author_name: Mapped[str] = mapped_column(Text, server_default="")
    text: Mapped[str] = mapped_column(Text)
    quoted_text: Mapped[str] = mapped_column(Text, server_default="")
    automatic: Mapped[str] = mapped_column(Text, server_default="")
    copied: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    reply_to: Mapped[str] = mapped_column(Text, server_default="")
    citations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=sql("'[]'"))
    external_id: Mapped[str] = mapped_column(Text, server_default="")
    mail_id: Mapped[str] = mapped_column(Text, server_default="")
    mail_thread_index: Mapped[str] = mapped_column(Text, server_default="")
    mail_references: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    answers_seq: Mapped[int | None] = mapped_column(Integer)
    delivery: Mapped[str | None] = mapped_column(Text)
    delivery_token: Mapped[str | None] = mapped_column(Text)
    delivery_attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    delivery_error: Mapped[str] = mapped_column(Text, server_default="")
    deliver_after: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    correlation_id: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class Attachment(Table):
    """A file of a message, or one that was uploaded and waits for its message."""

    __tablename__ = "attachments"
    __table_args__ = (
        Index(None, "message_id"),
        Index(None, "key"),
        Index("ix_attachments_waiting", "created_at", postgresql_where=sql("message_id is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    uploaded_by: Mapped[str] = mapped_column(Text, server_default="")
    name: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    stated_type: Mapped[str] = mapped_column(Text, server_default="")
    size: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(Text, server_default="")
    inline: Mapped[bool] = mapped_column(server_default=sql("false"))
    refused: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class ReceivedMessage(Table):
    """The channel's ids that were received: what makes the same message twice one message."""

    __tablename__ = "received_messages"

    channel: Mapped[str] = mapped_column(Text, primary_key=True)
    external_id: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text, server_default="")
    ticket_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    message_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class TicketEvent(Table):
    """The timeline: every step of a ticket, appended."""

    __tablename__ = "ticket_events"
    __table_args__ = (Index("ix_ticket_events_ticket", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class AgentDecision(Table):
    """One decision of the agent, with what it saw and what it cost."""

    __tablename__ = "agent_decisions"
    __table_args__ = (Index("ix_agent_decisions_ticket", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    answers_seq: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    draft: Mapped[str] = mapped_column(Text, server_default="")
    citations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=sql("'[]'"))
    support: Mapped[float] = mapped_column(Double, server_default="0")
    confidence: Mapped[float | None] = mapped_column(Double)
    judgement: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    models: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    prompt_versions: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    notes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    input_tokens: Mapped[int] = mapped_column(Integer, server_default="0")
    output_tokens: Mapped[int] = mapped_column(Integer, server_default="0")
    cost_usd: Mapped[Decimal] = mapped_column(Numeric(12, 6), server_default="0")
    processing_ms: Mapped[int] = mapped_column(Integer, server_default="0")
    answered_s: Mapped[float] = mapped_column(Double, server_default="0")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class VaultEntry(Table):
    """What a placeholder of a message's text stands for, sealed. Goes when the message goes."""

    __tablename__ = "vault_entries"
    __table_args__ = (UniqueConstraint("message_id", "placeholder"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    placeholder: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class Translation(Table):
    """A message in another language: asked for, then with its text, or with why there is none."""

    __tablename__ = "translations"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    text: Mapped[str | None] = mapped_column(Text)
    is_whole: Mapped[bool] = mapped_column(server_default=sql("true"))
    model: Mapped[str] = mapped_column(Text, server_default="")
    failure: Mapped[str] = mapped_column(Text, server_default="")
    claim_token: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
