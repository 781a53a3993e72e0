"""One look into a mailbox: every mail after its cursor is handled for good before the next."""

import logging
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from imap_tools.mailbox import BaseMailBox

from ingestion import mailboxes
from ingestion.mail import afterwards, imap
from ingestion.mail.box import After, Box, FirstRead
from ingestion.mail.receiving import park_mail, receive_mail
from ingestion.mail.selection import our_uids
from ingestion.mailboxes import Cursor, Position
from runtime.database import transaction
from runtime.settings import settings

log = logging.getLogger(__name__)

# The server's clock may differ from ours by this much when it is asked what came since we started.
_CLOCKS_DIFFER = timedelta(seconds=60)
# A mail at which the line breaks as often as this is set aside, so that those behind it are read.
_MOST_TRIES = 5


@dataclass(frozen=True)
class Watch:
    """A mailbox that is read until `stop` is set. Of one never read before, mails are new that came since `started`."""

    box: Box
    stop: threading.Event
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    tries: Counter[Position] = field(default_factory=Counter)


@dataclass(frozen=True)
class Look:
    """How many mails were handled, and what went wrong afterwards, if anything did."""

    handled: int
    complaint: str = ""


def look(connection: BaseMailBox, watch: Watch) -> Look:
    """Handle what has come, then mark, move or delete what was handled."""
    box = watch.box
    folder = imap.choose_folder(connection, box.folder, readonly=box.after is After.KEEP)
    cursor = _cursor(watch, folder)
    handled = 0
    for uid in our_uids(connection, cursor, after=cursor.last_uid):
        if watch.stop.is_set():
            return Look(handled)
        _handle(connection, watch, Position(box.place, folder.uid_validity, uid))
        handled += 1
    if cursor.history_below - 1 > cursor.last_uid:
        with transaction() as session:
            past = Position(box.place, folder.uid_validity, cursor.history_below - 1)
            mailboxes.advance(session, past)
    return Look(handled, afterwards.settle(connection, box))


def _cursor(watch: Watch, folder: imap.Folder) -> Cursor:
    """Where to read on. A beginning is kept at once: whatever fails next, no mail from now on is history."""
    box = watch.box
    with transaction() as session:
        cursor = mailboxes.read_cursor(session, box.place)
        if cursor is not None and cursor.uid_validity == folder.uid_validity:
            return cursor
        if cursor is not None:
            log.warning("the mailbox's UIDs begin anew", extra={"mailbox": box.name})
            first_contact_at = cursor.first_contact_at
        else:
            first_contact_at = None if box.first_read is FirstRead.ALL else watch.started - _CLOCKS_DIFFER
        return mailboxes.begin(
            session,
            Position(box.place, folder.uid_validity, 0),
            history_below=folder.uid_next if first_contact_at else 0,
            first_contact_at=first_contact_at,
        )


def _handle(connection: BaseMailBox, watch: Watch, at: Position) -> None:
    try:
        size, raw = _fetch(connection, at.uid)
    except imap.FAILURES as error:
        watch.tries[at] += 1
        if watch.tries[at] < _MOST_TRIES:
            raise
        reason = f"could not be fetched in {_MOST_TRIES} attempts ({type(error).__name__})"
        park_mail(b"", at, reason, whole=False)
    else:
        _store(raw, size, at)
    watch.tries.pop(at, None)


def _fetch(connection: BaseMailBox, uid: int) -> tuple[int, bytes | None]:
    """The mail's size and source; of one over the limit the header alone."""
    most = settings().ingestion.max_bytes
    size = imap.read_size(connection, uid)
    if size > most:
        return size, imap.read_header(connection, uid)
    # A server that states a small size and sends a large mail is stopped at the limit.
    raw = imap.read_source(connection, uid, most=most + 1)
    return max(size, len(raw or b"")), raw


def _store(raw: bytes | None, size: int, at: Position) -> None:
    most = settings().ingestion.max_bytes
    if raw is None:
        return  # Deleted meanwhile; the next mail moves the cursor past it.
    if size > most:
        kept = raw[: imap.LONGEST_HEADER]
        reason = f"larger than {most} bytes: {size} bytes, its header alone is kept"
        park_mail(kept, at, reason, whole=False)
    else:
        receive_mail(raw, at)
