"""The rows of files that a platform's message came with and that are not fetched yet. Called by `webhooks` and
`platform_files`. Their addresses are kept here alone, sealed: neither the ticket nor a model sees them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingestion.channels import remote_files
from ingestion.channels.remote_files import RemoteFile
from ingestion.models import AwaitedFile
from runtime import events, jobs, sealing
from runtime.settings import settings
from tickets import attachments, file_types
from tickets.contracts import Channel, FileContent, IncomingMessage, StoredFile
from tickets.models import Message, Ticket

FETCH_FILES = "ingestion.platform_files.fetch_files"

# Whose webhooks do not say which files a message has: the platform is asked.
ASKED = frozenset({Channel.ZENDESK})

# Addresses are good for some hours, and an outage that lasts longer is seen by people.
_TRIED_FOR = timedelta(days=1)
# One file takes a minute at most, so that whoever held it for longer is dead.
_LEASE = timedelta(minutes=5)
_FIRST_PAUSE_S = 30.0
_LONGEST_PAUSE_S = 3600.0
_MOST_SWEPT = 100


@dataclass(frozen=True)
class Awaited:
    """A file to fetch, or, without an address, the question which files the message has. `last`: it is given up next.

    `external_id` and `thread` are how the platform knows the message and its conversation.
    """

    id: int
    message_id: int
    ticket_id: int
    channel: Channel
    external_id: str
    thread: str
    mark: str
    sealed: bytes = field(repr=False)
    name: str
    type: str
    attempts: int
    last: bool

    def url(self) -> str:
        """Raises Unavailable when the key is gone that it is sealed with."""
        return sealing.unseal(self.sealed, place=_place(self.message_id, self.mark)) if self.mark else ""


def split_off(message: IncomingMessage) -> tuple[IncomingMessage, list[RemoteFile]]:
    """The message without the addresses of its files, and the files."""
    found = remote_files.read(message.metadata)
    kept = {name: value for name, value in message.metadata.items() if name != remote_files.FILES}
    return replace(message, metadata=kept), found


def await_all(session: Session, message_id: int, channel: Channel, files: Sequence[RemoteFile]) -> None:
    """Have the files of a new message fetched after the commit."""
    rows = _add(session, message_id, files)
    if channel in ASKED:
        question = insert(AwaitedFile).values(message_id=message_id, mark="", sealed=b"")
        session.execute(question.on_conflict_do_nothing())
    if rows or channel in ASKED:
        jobs.request(session, FETCH_FILES, message_id)


def _add(session: Session, message_id: int, files: Sequence[RemoteFile]) -> int:
    """Returns how many are to be fetched; the others are named on the ticket at once."""
    most = settings().files.max_files
    rows = [_row(message_id, file) for file in files[:most] if file.url]
    if rows:
        session.execute(insert(AwaitedFile).on_conflict_do_nothing(), rows)
    refused = [_refused(one, "without an address") for one in files[:most] if not one.url]
    refused += [_refused(one, f"more than {most} files") for one in files[most:]]
    attachments.keep(session, message_id, refused)
    return len(rows)


def _row(message_id: int, file: RemoteFile) -> dict[str, object]:
    url = file.url.encode("utf-8", "replace")  # Half a character would lose the message.
    mark = hashlib.sha256(url).hexdigest()
    return {
        "message_id": message_id,
        "mark": mark,
        "sealed": sealing.seal(url.decode(), place=_place(message_id, mark)),
        "name": file_types.plain_name(file.name) if file.name else "",
        "type": "".join(letter for letter in file.type[:100] if letter.isprintable()),
    }


def _place(message_id: int, mark: str) -> str:
    return f"awaited_files/{message_id}/{mark}"


def _refused(file: RemoteFile | Awaited, reason: str) -> StoredFile:
    return StoredFile(
        name=file_types.plain_name(file.name or file.type or "attachments"),
        type=file_types.UNKNOWN,
        stated_type=file_types.plain_type(file.type),
        size=0,
        key="",
        refused=reason,
    )


def claim(session: Session, message_id: int) -> Awaited | None:
    """The next file to fetch, of this message first and then of any; nobody else gets it for a while."""
    free = (
        select(AwaitedFile.id)
        .where(AwaitedFile.due_at <= func.now())
        .order_by((AwaitedFile.message_id == message_id).desc(), AwaitedFile.due_at, AwaitedFile.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = session.scalars(
        update(AwaitedFile)
        .where(AwaitedFile.id == free.scalar_subquery())
        .values(due_at=func.now() + _LEASE, attempts=AwaitedFile.attempts + 1)
        .returning(AwaitedFile)
    ).first()
    return _read(session, taken) if taken else None


def _read(session: Session, row: AwaitedFile) -> Awaited:
    message = session.execute(
        select(Message.external_id, Ticket.id, Ticket.channel, Ticket.thread, _is_old(row.id).label("last"))
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Message.id == row.message_id)
    ).one()
    return Awaited(
        id=row.id,
        message_id=row.message_id,
        ticket_id=message.id,
        channel=Channel(message.channel),
        external_id=message.external_id,
        thread=message.thread,
        mark=row.mark,
        sealed=row.sealed,
        name=row.name,
        type=row.type,
        attempts=row.attempts,
        last=message.last,
    )


def _is_old(row_id: int) -> ColumnElement[bool]:
    old = AwaitedFile.created_at < func.now() - _TRIED_FOR
    return select(old).where(AwaitedFile.id == row_id).scalar_subquery()


def record_files(session: Session, asked: Awaited, files: Sequence[RemoteFile]) -> None:
    """What the platform answered to the question which files there are."""
    if _forget(session, asked):
        _add(session, asked.message_id, files)


def record_fetched(session: Session, awaited: Awaited, file: FileContent | StoredFile) -> None:
    """List the file, once: whoever comes second finds the row gone."""
    if _forget(session, awaited):
        attachments.keep(session, awaited.message_id, (file,))
        events.publish(session, "ticket.files", ticket_id=awaited.ticket_id)


def record_refused(session: Session, awaited: Awaited, reason: str) -> None:
    """Name the file on the ticket with the reason why it is not kept."""
    record_fetched(session, awaited, _refused(awaited, reason.removesuffix(".")))


def postpone(session: Session, awaited: Awaited, *, retry_after_s: float | None) -> None:
    """The pause doubles from attempt to attempt; a longer one that the server asks for is granted."""
    pause_s = min(_FIRST_PAUSE_S * 2 ** min(awaited.attempts - 1, 10), _LONGEST_PAUSE_S)
    due_at = func.now() + timedelta(seconds=max(pause_s, retry_after_s or 0.0))
    session.execute(update(AwaitedFile).where(AwaitedFile.id == awaited.id).values(due_at=due_at))


def _forget(session: Session, awaited: Awaited) -> bool:
    gone = delete(AwaitedFile).where(AwaitedFile.id == awaited.id).returning(AwaitedFile.id)
    return session.scalars(gone).first() is not None


def due(session: Session, *, settled_s: float) -> list[int]:
    """Messages whose files are due for longer than that: their job was lost or postponed."""
    waiting = AwaitedFile.due_at <= func.now() - timedelta(seconds=settled_s)
    query = select(AwaitedFile.message_id).where(waiting).group_by(AwaitedFile.message_id)
    return list(session.scalars(query.order_by(func.min(AwaitedFile.due_at)).limit(_MOST_SWEPT)))
