"""The tables of proposed actions and of the proofs that a customer's identity was checked for one."""

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
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table

_Moment = DateTime(timezone=True)


class Action(Table):
    """One action. Its public id is also the key by which the shop knows whether it was done.

    `due_at` is when a sweep looks at it again; `expires_at` when nobody may approve it any more.
    """

    __tablename__ = "actions"
    __table_args__ = (
        CheckConstraint(
            "state in ('proposed', 'awaiting_verification', 'awaiting_approval', 'approved', 'executing', 'done', "
            "'failed', 'unknown', 'declined', 'expired')",
            name="state",
        ),
        Index(None, "ticket_id"),
        Index(None, "customer_id", "proposed_at"),
        Index(
            "ix_actions_under_way",
            "due_at",
            postgresql_where=sql(
                "state in ('proposed', 'awaiting_verification', 'awaiting_approval', 'approved', 'executing')"
            ),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    customer_mail: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB)
    checks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    language: Mapped[str] = mapped_column(Text, server_default="en")
    state: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(Text)
    approved_by: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    approver_name: Mapped[str] = mapped_column(Text, server_default="")
    seen_seq: Mapped[int] = mapped_column(Integer, server_default="0")
    answer: Mapped[str] = mapped_column(Text, server_default="")
    outcome: Mapped[str] = mapped_column(Text, server_default="")
    reference: Mapped[str] = mapped_column(Text, server_default="")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    claim_token: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(_Moment)
    expires_at: Mapped[datetime] = mapped_column(_Moment)
    verified_at: Mapped[datetime | None] = mapped_column(_Moment)
    proposed_at: Mapped[datetime] = mapped_column(_Moment, server_default=func.now())
    approved_at: Mapped[datetime | None] = mapped_column(_Moment)
    ended_at: Mapped[datetime | None] = mapped_column(_Moment)


class ActionProof(Table):
    """The one-time code and link of an action that needs its customer's identity. Kept as hashes alone.

    `send_at`: when a code is to be mailed, or, with a claim, when that is taken for lost; None: none is wanted.
    """

    __tablename__ = "action_proofs"
    __table_args__ = (
        Index("ix_action_proofs_send_at", "send_at", postgresql_where=sql("send_at is not null")),
    )

    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    link_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    codes_sent: Mapped[int] = mapped_column(Integer, server_default="0")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    claim_token: Mapped[str | None] = mapped_column(Text)
    send_at: Mapped[datetime | None] = mapped_column(_Moment)
    valid_until: Mapped[datetime | None] = mapped_column(_Moment)
    mail_id: Mapped[str] = mapped_column(Text, server_default="")
