"""The tables of the mailboxes (how far each was read, how it fares, what could not be read) and of awaited files."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from runtime.database import Table


class MailboxCursor(Table):
    """The last UID handled of one mailbox. A new UIDVALIDITY means that UIDs begin anew.

    Up to `settled_uid` is done what is to be done with a mail afterwards. Of the UIDs below `history_below` only
    those are ours that came since `first_contact_at`; that is empty where a mailbox's history is read as well.
    """

    __tablename__ = "mailbox_cursors"

    mailbox: Mapped[str] = mapped_column(Text, primary_key=True)
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger)
    settled_uid: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    history_below: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    first_contact_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    read_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class MailboxState(Table):
    """How one mailbox fares, for people: when it was last looked into, and since when that fails, and why."""

    __tablename__ = "mailbox_states"

    mailbox: Mapped[str] = mapped_column(Text, primary_key=True)
    fetched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failures: Mapped[int] = mapped_column(server_default=sql("0"))
    failing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error: Mapped[str] = mapped_column(Text, server_default="")


class ParkedMail(Table):
    """A mail that could not be handled, with its raw source and why.

    Where it is not `whole`, the rest is still in its mailbox. `retried_at` and `ticket` (TKT-…) say that it was
    received after all.
    """

    __tablename__ = "parked_mails"
    __table_args__ = (
        UniqueConstraint("mailbox", "uid_validity", "uid"),
        Index("ix_parked_mails_digest", "digest"),
        Index("ix_parked_mails_waiting", "mailbox", "parked_at", postgresql_where=sql("retried_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    mailbox: Mapped[str] = mapped_column(Text)
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    whole: Mapped[bool] = mapped_column(server_default=sql("true"))
    digest: Mapped[str] = mapped_column(Text, server_default="")
    parked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    retried_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ticket: Mapped[str] = mapped_column(Text, server_default="")


class AwaitedFile(Table):
    """A file of a platform's message that is not fetched yet; the row goes when the file is listed or refused.

    `mark` is the digest of its address, which is sealed, because whoever knows it has the file. Both are empty where
    the platform is still to be asked which files there are. While somebody fetches it, `due_at` is in the future.
    """

    __tablename__ = "awaited_files"
    __table_args__ = (UniqueConstraint("message_id", "mark"), Index(None, "due_at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    mark: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str] = mapped_column(Text, server_default="")
    type: Mapped[str] = mapped_column(Text, server_default="")
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Import(Table):
    """An import of one file with certain options. `position` counts the records read, `line` is where the last began.

    Written in the transaction of the tickets themselves, so that a killed import goes on exactly where it was.
    """

    __tablename__ = "imports"
    __table_args__ = (UniqueConstraint("file_digest", "options_digest"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    file_name: Mapped[str] = mapped_column(Text)
    file_digest: Mapped[str] = mapped_column(Text)
    options_digest: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(BigInteger, server_default="0")
    line: Mapped[int] = mapped_column(BigInteger, server_default="0")
    stored: Mapped[int] = mapped_column(BigInteger, server_default="0")
    duplicates: Mapped[int] = mapped_column(BigInteger, server_default="0")
    skipped: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rejected: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rejects_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ImportedMail(Table):
    """To which ticket a mail of an archive belongs, also one that others refer to and that was not seen yet."""

    __tablename__ = "imported_mails"
    __table_args__ = (Index(None, "ticket_id"),)

    mail_id: Mapped[str] = mapped_column(Text, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
