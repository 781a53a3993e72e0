"""Whether a mailbox's settings work: its servers are met and logged in to, nothing is read, sent or changed."""

import smtplib
import socket
import ssl
from dataclasses import dataclass

from imap_tools.errors import MailboxFolderSelectError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox

from ingestion.mail import imap, smtp
from ingestion.mail.box import After, Box
from ingestion.mail.compose import plain_address
from ingestion.mail.servers import Server
from runtime.errors import DeskfleetError


@dataclass(frozen=True)
class Finding:
    """`about` is imap or smtp."""

    about: str
    ok: bool
    said: str


def probe(box: Box) -> tuple[Finding, Finding]:
    """What both servers say."""
    return _probe_imap(box), _probe_smtp(box)


def _probe_imap(box: Box) -> Finding:
    if box.imap is None:
        return Finding("imap", True, "no server: mails are read from the folder mail/in of the data folder")
    try:
        said = _meet(box.imap, box)
    except DeskfleetError as error:
        return Finding("imap", False, error.detail)
    except imap.FAILURES as error:
        said = f"{type(error).__name__}: {str(error)[:200]}"
        return Finding("imap", False, _explained(box.imap, error, said))
    return Finding("imap", True, said)


def _explained(server: Server, error: BaseException | None, said: str) -> str:
    """What is most likely wrong, before what was said."""
    hints = {
        socket.gaierror: f"There is no host {server.host}.",
        ConnectionRefusedError: f"Nothing answers at {server}: is the port right?",
        ssl.SSLCertVerificationError: f"The certificate of {server} is not valid for that host.",
        ssl.SSLError: f"{server} does not begin with TLS: is the encryption right for this port?",
        TimeoutError: f"{server} said nothing in time: are port and encryption right?",
        ConnectionError: f"{server} hung up: are port and encryption right?",
        smtplib.SMTPServerDisconnected: f"{server} hung up: are port and encryption right?",
        smtplib.SMTPAuthenticationError: f"{server} refuses user or password.",
        MailboxLoginError: f"{server} refuses user or password.",
        MailboxFolderSelectError: "There is no such folder, or it cannot be opened.",
    }
    hint = next((words for kind, words in hints.items() if isinstance(error, kind)), "")
    return f"{hint} ({said})" if hint else said


def _meet(server: Server, box: Box) -> str:
    with imap.connected(server) as connection:
        can = imap.capabilities(connection)
        imap.choose_folder(connection, box.folder)
        held = len(imap.uids_after(connection, 0))
        said = [
            f"{box.folder} holds {held} mails",
            "the server pushes" if "IDLE" in can else "the server does not push and is asked again and again",
        ]
        if box.after is After.MOVE:
            said.append(_target(connection, box.move_to))
        if box.after in (After.MOVE, After.DELETE) and not can & {"MOVE", "UIDPLUS"}:
            said.append("it cannot delete single mails: they stay, marked as deleted")
        return "; ".join(said)


def _target(connection: BaseMailBox, name: str) -> str:
    there = connection.folder.exists(name)
    return f"mails are moved to {name}" if there else f"the folder {name} will be made by the first move"


def _probe_smtp(box: Box) -> Finding:
    if box.smtp is None:
        return Finding(
            "smtp", True, "no server: mails are written into the folder mail/out of the data folder"
        )
    try:
        smtp.probe(box.smtp, ehlo_name=plain_address(box.address).rpartition("@")[2])
    except DeskfleetError as error:
        return Finding("smtp", False, _explained(box.smtp, error.__cause__, error.detail))
    return Finding("smtp", True, f"{box.smtp} lets us in" if box.smtp.login else f"{box.smtp} answers")
