"""What becomes of mails in their mailbox once they are handled: marked, moved or deleted. May run twice, or late."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress

from imap_tools.errors import ImapToolsError
from imap_tools.mailbox import BaseMailBox
from imap_tools.utils import encode_folder

from ingestion import mailboxes, parked
from ingestion.mail import headers, imap
from ingestion.mail.box import After, Box
from ingestion.mail.fields import read_fields
from ingestion.mail.selection import our_uids
from ingestion.mailboxes import Cursor, Position
from runtime.database import transaction

log = logging.getLogger(__name__)

_AT_ONCE = 200


class _Refused(Exception):
    """The server said no; the line is well."""


def settle(connection: BaseMailBox, box: Box) -> str:
    """Do what the mailbox's settings say with all mails before the cursor that are still there.

    The folder is chosen, for writing unless mails are kept as they are. Returns why it could not be done, or
    nothing; the next look tries again.
    """
    with transaction() as session:
        cursor = mailboxes.read_cursor(session, box.place)
        if cursor is None or cursor.settled_uid >= cursor.last_uid:
            return ""
        partial = parked.partial_uids(session, box.place, cursor.uid_validity)
    try:
        _treat(connection, box, cursor, partial)
    except _Refused as error:
        log.warning("mails cannot be put away: %s", error, extra={"mailbox": box.name})
        return f"mails cannot be put away: {error}"
    with transaction() as session:
        mailboxes.settle(session, Position(box.place, cursor.uid_validity, cursor.last_uid))
    return ""


def _treat(connection: BaseMailBox, box: Box, cursor: Cursor, partial: set[int]) -> None:
    if box.after is After.KEEP:
        return
    handled = our_uids(connection, cursor, after=cursor.settled_uid)
    handled = [uid for uid in handled if uid <= cursor.last_uid]
    if box.after is not After.SEEN:
        # Of a mail that was too large we hold the header alone: the mailbox keeps the rest for a retry.
        handled = [uid for uid in handled if uid not in partial]
    for some in _in_parts(handled):
        if box.after is After.SEEN:
            _command(connection, "STORE", some, "+FLAGS.SILENT", "(\\Seen)")
        elif box.after is After.DELETE:
            _delete(connection, some)
        else:
            _move(connection, some, box)


def _in_parts(uids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(uids), _AT_ONCE):
        yield list(uids[start : start + _AT_ONCE])


def _delete(connection: BaseMailBox, uids: Sequence[int]) -> None:
    """Ours alone: a server that cannot expunge single mails keeps them, marked as deleted, until somebody does."""
    _command(connection, "STORE", uids, "+FLAGS.SILENT", "(\\Deleted)")
    if "UIDPLUS" in imap.capabilities(connection):
        _command(connection, "EXPUNGE", uids)


def _move(connection: BaseMailBox, uids: Sequence[int], box: Box) -> None:
    target = encode_folder(box.move_to).decode("ascii")
    if "MOVE" in imap.capabilities(connection):
        _into(connection, "MOVE", uids, target, folder=box.move_to)
        return
    # A crash between the copy and the end of the original leaves both: what is there already is not copied again.
    absent = _absent(connection, uids, box)
    if absent:
        _into(connection, "COPY", absent, target, folder=box.move_to)
    _delete(connection, uids)


def _into(connection: BaseMailBox, command: str, uids: Sequence[int], target: str, *, folder: str) -> None:
    """A folder that is not there yet is made."""
    try:
        _command(connection, command, uids, target)
    except _Refused:
        with suppress(ImapToolsError):
            connection.folder.create(folder)
        _command(connection, command, uids, target)


def _absent(connection: BaseMailBox, uids: Sequence[int], box: Box) -> list[int]:
    """The mails that the target does not hold, known by their Message-IDs."""
    mail_ids = {uid: _mail_id(imap.read_header(connection, uid) or b"") for uid in uids}
    try:
        imap.choose_folder(connection, box.move_to)
    except ImapToolsError:
        return list(uids)
    else:
        return [
            uid for uid, mail_id in mail_ids.items() if not (mail_id and imap.has_mail(connection, mail_id))
        ]
    finally:
        imap.choose_folder(connection, box.folder, readonly=False)


def _mail_id(header: bytes) -> str:
    found, _end = read_fields(header, 0, len(header))
    return next(iter(headers.message_ids(found, "Message-ID")), "")


def _command(connection: BaseMailBox, command: str, uids: Sequence[int], *arguments: str) -> None:
    status, answer = connection.client.uid(command, ",".join(map(str, uids)), *arguments)
    if status != "OK":
        said = next((one.decode("utf-8", "replace") for one in answer if isinstance(one, bytes)), "")
        raise _Refused(f"{command} answered {status} {said}"[:200])
