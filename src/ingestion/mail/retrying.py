"""A person's second try at a parked mail: the same way as the first, from its kept source or out of its mailbox."""

from ingestion import parked
from ingestion.mail import boxes, imap
from ingestion.mail.receiving import Retried, receive_parked
from ingestion.parked import Parked
from runtime.database import transaction
from runtime.errors import DeskfleetError, TooLarge, Unavailable
from runtime.settings import settings


def retry(parked_id: int, *, force: bool = False) -> Retried:
    """Receive a parked mail. Forced, also one that would not be answered, or whose Message-ID another mail had.

    May be called again and again: there is one ticket. Raises NotFound when there is no such mail.
    """
    with transaction() as session:
        row = parked.read_parked(session, parked_id)
    if row.retried_at:
        return Retried(parked_id, row.ticket)
    try:
        return receive_parked(_source(row), parked_id, force=force)
    except DeskfleetError as error:
        return Retried(parked_id, reason=error.detail)


def _source(row: Parked) -> bytes:
    if not row.whole:
        return _fetch_again(row)
    with transaction() as session:
        return parked.read_source(session, row.id)


def _fetch_again(row: Parked) -> bytes:
    """Of this mail we hold the header at most; the rest never left the mailbox."""
    most = settings().ingestion.max_bytes
    box = boxes.box_at(row.at.mailbox)
    if box is None or box.imap is None:
        raise Unavailable("The mailbox that holds the rest of the mail is not in the settings any more.")
    try:
        with imap.connected(box.imap) as connection:
            folder = imap.choose_folder(connection, box.folder)
            same = folder.uid_validity == row.at.uid_validity
            if same and imap.read_size(connection, row.at.uid) > most:
                raise TooLarge(f"The mail is larger than DESKFLEET_MAIL_MAX_BYTES, {most} bytes.")
            raw = imap.read_source(connection, row.at.uid, most=most) if same else None
    except imap.FAILURES as error:
        raise Unavailable(f"The mailbox cannot be read ({type(error).__name__}).") from error
    if raw is None:
        raise Unavailable("The rest of the mail is no longer where it was in its mailbox.")
    return raw
