"""Which mails of a mailbox are ours: all that follow the cursor, without those that were there before us."""

from imap_tools.mailbox import BaseMailBox

from ingestion.mail import imap
from ingestion.mailboxes import Cursor


def our_uids(connection: BaseMailBox, cursor: Cursor, *, after: int) -> list[int]:
    """In order. UIDs that were there when we came, or when they began anew, count by when their mail came."""
    uids = imap.uids_after(connection, after)
    old = [uid for uid in uids if uid < cursor.history_below]
    if not old or cursor.first_contact_at is None:
        return uids
    ours = imap.uids_since(connection, cursor.first_contact_at, first=old[0], last=old[-1])
    return [uid for uid in uids if uid >= cursor.history_below or uid in ours]
