"""The rows of the mailboxes: how far each was read, and how it fares."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingestion.models import MailboxCursor, MailboxState


@dataclass(frozen=True)
class Position:
    """One mail of one mailbox. UIDs count within one UIDVALIDITY."""

    mailbox: str
    uid_validity: int
    uid: int


@dataclass(frozen=True)
class Cursor:
    """See `MailboxCursor`."""

    mailbox: str
    uid_validity: int
    last_uid: int
    settled_uid: int
    history_below: int
    first_contact_at: datetime | None


@dataclass(frozen=True)
class State:
    """How a mailbox fares; without a row it was never looked into."""

    fetched_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    error: str = ""


def read_cursor(session: Session, mailbox: str) -> Cursor | None:
    """None when the mailbox was never read."""
    row = session.get(MailboxCursor, mailbox)
    if row is None:
        return None
    return Cursor(
        mailbox, row.uid_validity, row.last_uid, row.settled_uid, row.history_below, row.first_contact_at
    )


def begin(session: Session, at: Position, *, history_below: int, first_contact_at: datetime | None) -> Cursor:
    """UIDs begin, for the first time or anew, at the first that is greater than `at.uid`.

    When the mailbox was first met is said once and never changes.
    """
    values = {
        "uid_validity": at.uid_validity,
        "last_uid": at.uid,
        "settled_uid": at.uid,
        "history_below": history_below,
    }
    row = insert(MailboxCursor).values(mailbox=at.mailbox, first_contact_at=first_contact_at, **values)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[MailboxCursor.mailbox], set_={**values, "read_at": func.now()}
        )
    )
    return Cursor(at.mailbox, **values, first_contact_at=first_contact_at)


def advance(session: Session, to: Position) -> None:
    """The mail at `to` is handled. A slower reader of the same mailbox does not move the cursor back."""
    row = insert(MailboxCursor).values(mailbox=to.mailbox, uid_validity=to.uid_validity, last_uid=to.uid)
    same = MailboxCursor.uid_validity == row.excluded.uid_validity
    furthest = func.greatest(MailboxCursor.last_uid, row.excluded.last_uid)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[MailboxCursor.mailbox],
            set_={
                "uid_validity": row.excluded.uid_validity,
                "last_uid": case((same, furthest), else_=row.excluded.last_uid),
                "settled_uid": case((same, MailboxCursor.settled_uid), else_=0),
                "history_below": case((same, MailboxCursor.history_below), else_=0),
                "read_at": func.now(),
            },
        )
    )


def settle(session: Session, to: Position) -> None:
    """All mails up to `to` are where they shall be."""
    session.execute(
        update(MailboxCursor)
        .where(
            MailboxCursor.mailbox == to.mailbox,
            MailboxCursor.uid_validity == to.uid_validity,
            MailboxCursor.settled_uid < to.uid,
        )
        .values(settled_uid=to.uid)
    )


def note_known(session: Session, mailboxes: Iterable[str]) -> None:
    """A mailbox that was never looked into counts as failing from the moment it is known."""
    for mailbox in mailboxes:
        row = insert(MailboxState).values(mailbox=mailbox, failing_since=func.now())
        session.execute(row.on_conflict_do_nothing())


def note_fetched(session: Session, mailbox: str, *, complaint: str = "") -> None:
    """The mailbox was looked into; whatever failed is over, but for what it still complains of."""
    well = {"fetched_at": func.now(), "failures": 0, "failing_since": None, "error": complaint}
    row = insert(MailboxState).values(mailbox=mailbox, **well)
    session.execute(row.on_conflict_do_update(index_elements=[MailboxState.mailbox], set_=well))


def note_failure(session: Session, mailbox: str, error: str) -> None:
    row = insert(MailboxState).values(mailbox=mailbox, failures=1, failing_since=func.now(), error=error)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[MailboxState.mailbox],
            set_={
                "failures": MailboxState.failures + 1,
                "failing_since": func.coalesce(MailboxState.failing_since, func.now()),
                "error": row.excluded.error,
            },
        )
    )


def read_states(session: Session, mailboxes: Iterable[str]) -> dict[str, State]:
    rows = session.scalars(select(MailboxState).where(MailboxState.mailbox.in_(list(mailboxes))))
    return {row.mailbox: State(row.fetched_at, row.failures, row.failing_since, row.error) for row in rows}
