"""The local form of a mailbox: *.eml files put into mail/in of the data folder, moved to mail/in/done afterwards.

Write a file under another name and rename it to .eml when it is complete.
"""

import hashlib
import logging
from pathlib import Path

from ingestion.mail.box import LOCAL_FOLDER
from ingestion.mail.receiving import park_mail, receive_mail
from ingestion.mailboxes import Position
from runtime.data_folder import data_folder
from runtime.settings import settings

log = logging.getLogger(__name__)

_KEPT = 65_536


def read_folder() -> int:
    """Handle every mail that is there, in order of name; returns how many."""
    folder = data_folder() / "mail" / "in"
    done = folder / "done"
    done.mkdir(parents=True, exist_ok=True)
    waiting = sorted(path for path in folder.glob("*.eml") if path.is_file())
    return sum(_read(path, done) for path in waiting)


def _read(path: Path, done: Path) -> bool:
    most = settings().ingestion.max_bytes
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        log.warning("mail file cannot be read: %s", error.strerror, extra={"file": path.name})
        return False
    digest = hashlib.sha256(raw).hexdigest()
    # A file has no UID: its content stands for it, so that it is parked once however often it is read.
    at = Position(LOCAL_FOLDER, 0, int(digest[:15], 16))
    if len(raw) > most:
        park_mail(raw[:_KEPT], at, f"larger than {most} bytes", with_cursor=False)
    else:
        receive_mail(raw, at, with_cursor=False)
    target = done / path.name
    path.replace(done / f"{path.stem}-{digest[:12]}.eml" if target.exists() else target)
    return True
