"""The mail channel's way out: by the mailbox that the ticket came to, over SMTP or into the folder mail/out."""

import logging
import os
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from urllib.parse import quote

from ingestion.mail import boxes, imap, smtp
from ingestion.mail.box import Box
from ingestion.mail.compose import compose, plain_address
from runtime.data_folder import data_folder
from runtime.errors import DeskfleetError, Retryable, SettingError
from tickets.deliveries import Outgoing

log = logging.getLogger(__name__)


def send(outgoing: Outgoing) -> None:
    """Hand the mail over. Raises Retryable, Permanent or FateUnknown (see `smtp.hand_over`)."""
    box = _box_of(outgoing)
    mail = compose(outgoing, address=box.address, name=box.sender_name)
    if box.smtp:
        to, *copies = _recipients(mail)
        smtp.hand_over(mail, server=box.smtp, sender=plain_address(box.address), to=to, copies=copies)
    else:
        _write(_file_of(outgoing), mail.as_bytes())


def _recipients(mail: EmailMessage) -> list[str]:
    """Whom its header names, and nobody else, gets it."""
    return [address for _name, address in getaddresses([*mail.get_all("To", []), *mail.get_all("Cc", [])])]


def _box_of(outgoing: Outgoing) -> Box:
    try:
        return boxes.box_of(outgoing.desk_address)
    except SettingError as error:
        # Nothing was sent: once the setting is right, it will be.
        raise Retryable(error.detail) from error


def was_sent(outgoing: Outgoing) -> bool | None:
    """The folder knows for certain; a server's mailbox for sent mail can only say yes."""
    try:
        box = boxes.box_of(outgoing.desk_address)
        if not box.smtp:
            return _file_of(outgoing).exists()
        if not box.imap:
            return None
        with imap.connected(box.imap) as connection:
            return imap.has_sent(connection, outgoing.mail_id) or None
    except (*imap.FAILURES, DeskfleetError) as error:
        log.warning("sent mail could not be looked up: %s", type(error).__name__)
        return None


def _file_of(outgoing: Outgoing) -> Path:
    return data_folder() / "mail" / "out" / f"{quote(outgoing.mail_id, safe='@')}.eml"


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, also when the machine stops in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
