"""The files of messages: looked into, stored before the message's transaction, listed on the ticket.

A file that is too large or dangerous to hand out is named on the ticket with the reason and not kept.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import IO

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from runtime import storage
from runtime.errors import InvalidInput, NotFound, TooLarge
from runtime.settings import settings
from tickets import file_types, trainings
from tickets.contracts import FileContent, IncomingMessage, StoredFile
from tickets.models import Attachment, Message
from tickets.public_ids import new_file_id

_UPLOAD_LIVES = timedelta(days=1)
# Content that was put this short a time ago may belong to a transaction that is not committed yet.
_FRESH_S = 3600.0


def uploaded(message: IncomingMessage) -> IncomingMessage:
    """The message with its files in the store: for channels, before they open the transaction. Raises Unavailable."""
    return replace(message, attachments=upload(message.attachments)) if message.attachments else message


def upload(files: Iterable[FileContent | StoredFile]) -> tuple[StoredFile, ...]:
    """Put the files into the store, before the transaction of their message. Raises Unavailable."""
    kept = 0
    stored = []
    for file in files:
        if isinstance(file, StoredFile):
            stored.append(file)
            continue
        one = _stored(file, room=kept < settings().files.max_files)
        kept += not one.refused
        stored.append(one)
    return tuple(stored)


def _stored(file: FileContent, *, room: bool) -> StoredFile:
    found = file_types.sniffed_type(file.content, file.name)
    name = file_types.plain_name(file.name)
    refused = _refusal(file, found, name) if room else f"more than {settings().files.max_files} files"
    return StoredFile(
        name=name,
        type=found,
        stated_type=file_types.plain_type(file.type),
        size=len(file.content),
        key="" if refused else storage.put(file.content),
        inline=file.inline,
        refused=refused,
    )


def _refusal(file: FileContent, found: str, name: str) -> str:
    if len(file.content) > settings().files.max_bytes:
        return f"larger than {settings().files.max_bytes} bytes"
    return file_types.refusal(found, name)


def check(name: str, sample: bytes, *, size: int) -> None:
    """For who can still be told. `sample` is enough of the content to know its type.

    Raises TooLarge or InvalidInput, naming the file, when it would not be kept.
    """
    plain = file_types.plain_name(name)
    if size > settings().files.max_bytes:
        raise TooLarge(f"The file {plain} is larger than {settings().files.max_bytes} bytes.", field="file")
    if not size:
        raise InvalidInput(f"The file {plain} is empty.", field="file")
    if refused := file_types.refusal(file_types.sniffed_type(sample, name), plain):
        raise InvalidInput(f"The file {plain} is not accepted: it is {refused}.", field="file")


def keep(session: Session, message_id: int, files: Iterable[FileContent | StoredFile]) -> None:
    """List the files of a message; what is not in the store yet is put there first."""
    rows = [_row(file) | {"message_id": message_id} for file in upload(files)]
    if rows:
        session.execute(insert(Attachment), rows)


def _row(file: StoredFile) -> dict[str, object]:
    return {
        "public_id": new_file_id(),
        "name": file.name,
        "type": file.type,
        "stated_type": file.stated_type,
        "size": file.size,
        "key": file.key,
        "inline": file.inline,
        "refused": file.refused,
    }


def keep_uploads(session: Session, files: Sequence[StoredFile], *, by: str) -> list[Attachment]:
    """Files that a message of the same caller will name within a day, in their order.

    Raises TooLarge when too much of the caller's waits already.
    """
    waiting = select(func.sum(Attachment.size)).where(
        Attachment.message_id.is_(None), Attachment.uploaded_by == by
    )
    most = settings().files.max_waiting_bytes
    if (session.scalar(waiting) or 0) + sum(file.size for file in files) > most:
        raise TooLarge(f"More than {most} bytes would wait for a message to name them.", field="file")
    rows = [_row(file) | {"uploaded_by": by} for file in files]
    return list(session.scalars(insert(Attachment).returning(Attachment, sort_by_parameter_order=True), rows))


def claim_uploads(session: Session, public_ids: Sequence[str], *, message_id: int, by: str) -> None:
    """Give uploaded files to their message. Raises InvalidInput naming one that is not there for the caller."""
    if not public_ids:
        return
    taken = session.scalars(
        update(Attachment)
        .where(
            Attachment.public_id.in_(public_ids),
            Attachment.message_id.is_(None),
            Attachment.uploaded_by == by,
            Attachment.created_at >= func.now() - _UPLOAD_LIVES,  # An older one may be on its way out.
        )
        .values(message_id=message_id)
        .returning(Attachment.public_id)
    ).all()
    missing = [one for one in public_ids if one not in taken]
    if missing:
        raise InvalidInput(f"There is no uploaded file {missing[0][:40]} that waits.", field="attachments")


def of_messages(session: Session, message_ids: Sequence[int]) -> dict[int, list[Attachment]]:
    """The files of these messages, in their order."""
    found: dict[int, list[Attachment]] = {}
    query = select(Attachment).where(Attachment.message_id.in_(message_ids)).order_by(Attachment.id)
    for one in session.scalars(query):
        found.setdefault(one.message_id or 0, []).append(one)
    return found


@dataclass(frozen=True)
class Listed:
    """A file that may be handed out. `inline`: a browser may show it. `ticket_id` is None while it waits."""

    name: str
    type: str
    size: int
    key: str
    inline: bool
    ticket_id: int | None
    uploaded_by: str

    def open(self) -> IO[bytes]:
        """The content, to be closed; no transaction need be open. Raises Unavailable."""
        return storage.open_file(self.key)


def find(session: Session, public_id: str) -> Listed:
    """Raises NotFound when there is none, or it was refused when it came."""
    row = session.execute(
        select(Attachment, Message.ticket_id)
        .outerjoin(Message, Message.id == Attachment.message_id)
        .where(Attachment.public_id == public_id, Attachment.refused == "")
    ).first()
    if row is None:
        raise NotFound("There is no such file.")
    file = row.Attachment
    return Listed(
        name=file.name,
        type=file.type,
        size=file.size,
        key=file.key,
        inline=file.type in file_types.SHOWN_INLINE,
        ticket_id=row.ticket_id,
        uploaded_by=file.uploaded_by,
    )


def forget_stale_uploads(session: Session) -> list[str]:
    """Forget uploads that no message named in time; returns the keys of their contents, for `drop_content`."""
    stale = Attachment.created_at < func.now() - _UPLOAD_LIVES
    gone = delete(Attachment).where(Attachment.message_id.is_(None), stale).returning(Attachment.key)
    return [key for key in session.scalars(gone) if key]


def unlisted(session: Session, keys: Collection[str]) -> list[str]:
    """Those of the keys that no row lists: no attachment, and no recent training."""
    listed = set(session.scalars(select(Attachment.key).where(Attachment.key.in_(keys))))
    return sorted(set(keys) - listed - trainings.listed_keys(session))


def drop_content(keys: Iterable[str]) -> int:
    """Remove contents that no row lists from the store, with no transaction open; returns how many went.

    What was put a short while ago stays for another time: its row may not be committed yet.
    """
    return sum(storage.delete(key, older_than_s=_FRESH_S) for key in keys)
