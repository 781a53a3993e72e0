"""The rows of the parked mails: kept with source and reason until a person has them received, or drops them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingestion.mailboxes import Position
from ingestion.models import ParkedMail
from runtime.errors import NotFound
from tickets import tombstones

# Enough for the header of any mail that a list shows a line of.
_HEAD = 65_536


@dataclass(frozen=True)
class Parked:
    """`head` is how its source begins, `size` how much of it was kept; `ticket` is empty until it was received."""

    id: int
    at: Position
    reason: str
    parked_at: datetime
    whole: bool
    retried_at: datetime | None
    ticket: str
    size: int
    head: bytes


@dataclass(frozen=True)
class Waiting:
    count: int
    oldest_s: float


def park(session: Session, at: Position, *, reason: str, raw: bytes, whole: bool = True) -> None:
    """Keep a mail that is not answered, once, with its source and why.

    A mailbox whose UIDs began anew shows the same mails again: they are known by their source.
    """
    digest = hashlib.sha256(raw).hexdigest()
    if raw and (_found_again(session, at, digest) or _was_erased(session, digest)):
        return
    row = insert(ParkedMail).values(
        mailbox=at.mailbox,
        uid_validity=at.uid_validity,
        uid=at.uid,
        reason=reason,
        raw=raw,
        whole=whole,
        digest=digest,
    )
    session.execute(row.on_conflict_do_nothing())


def _was_erased(session: Session, digest: str) -> bool:
    """With its customer, and the mailbox shows it anew."""
    return bool(tombstones.erased(session, {tombstones.parked_mail(digest)}))


def _found_again(session: Session, at: Position, digest: str) -> bool:
    """Under other UIDs; the row then says where the mail is now."""
    before = select(func.min(ParkedMail.id)).where(
        ParkedMail.mailbox == at.mailbox,
        ParkedMail.digest == digest,
        ParkedMail.uid_validity != at.uid_validity,
    )
    moved = session.execute(
        update(ParkedMail)
        .where(ParkedMail.id == before.scalar_subquery())
        .values(uid_validity=at.uid_validity, uid=at.uid)
        .returning(ParkedMail.id)
    )
    return moved.first() is not None


_COLUMNS = (
    ParkedMail.id,
    ParkedMail.mailbox,
    ParkedMail.uid_validity,
    ParkedMail.uid,
    ParkedMail.reason,
    ParkedMail.parked_at,
    ParkedMail.whole,
    ParkedMail.retried_at,
    ParkedMail.ticket,
    func.octet_length(ParkedMail.raw).label("size"),
    func.substring(ParkedMail.raw, 1, _HEAD).label("head"),
)


def list_parked(
    session: Session, *, mailbox: str | None = None, with_retried: bool = False, limit: int = 50
) -> list[Parked]:
    """The newest first; without those that were received meanwhile."""
    query = select(*_COLUMNS).order_by(ParkedMail.id.desc()).limit(limit)
    if mailbox is not None:
        query = query.where(ParkedMail.mailbox == mailbox)
    if not with_retried:
        query = query.where(ParkedMail.retried_at.is_(None))
    return [_of_row(row) for row in session.execute(query)]


def read_parked(session: Session, parked_id: int, *, lock: bool = False) -> Parked:
    """Raises NotFound. With `lock` nobody else retries it until the transaction's end."""
    query = select(*_COLUMNS).where(ParkedMail.id == parked_id)
    row = session.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound(f"There is no parked mail {parked_id}.")
    return _of_row(row)


def _of_row(row: Row[Any]) -> Parked:
    return Parked(
        id=row.id,
        at=Position(row.mailbox, row.uid_validity, row.uid),
        reason=row.reason,
        parked_at=row.parked_at,
        whole=row.whole,
        retried_at=row.retried_at,
        ticket=row.ticket,
        size=row.size,
        head=row.head,
    )


def read_source(session: Session, parked_id: int) -> bytes:
    return session.scalars(select(ParkedMail.raw).where(ParkedMail.id == parked_id)).one()


def note_received(session: Session, parked_id: int, ticket: str) -> None:
    session.execute(
        update(ParkedMail).where(ParkedMail.id == parked_id).values(retried_at=func.now(), ticket=ticket)
    )


def note_reason(session: Session, parked_id: int, reason: str) -> None:
    """It was tried again, and this is why it still waits."""
    session.execute(update(ParkedMail).where(ParkedMail.id == parked_id).values(reason=reason))


def drop(session: Session, parked_id: int) -> None:
    """Forget it with its source. Raises NotFound."""
    gone = session.execute(delete(ParkedMail).where(ParkedMail.id == parked_id).returning(ParkedMail.id))
    if gone.first() is None:
        raise NotFound(f"There is no parked mail {parked_id}.")


def count_waiting(session: Session, mailbox: str) -> Waiting:
    age_s = func.extract("epoch", func.now() - func.min(ParkedMail.parked_at))
    count, oldest_s = session.execute(
        select(func.count(), age_s).where(ParkedMail.mailbox == mailbox, ParkedMail.retried_at.is_(None))
    ).one()
    return Waiting(count, float(oldest_s or 0.0))


def partial_uids(session: Session, mailbox: str, uid_validity: int) -> set[int]:
    """The mails of which we do not hold all: they must stay where they are."""
    return set(
        session.scalars(
            select(ParkedMail.uid).where(
                ParkedMail.mailbox == mailbox,
                ParkedMail.uid_validity == uid_validity,
                ParkedMail.whole.is_(False),
            )
        )
    )
