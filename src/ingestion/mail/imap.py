"""The connection to an IMAP mailbox: log in, choose a folder, list and read. `afterwards` marks, moves and deletes."""

import imaplib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from imap_tools.errors import ImapToolsError
from imap_tools.mailbox import BaseMailBox

from ingestion.mail import oauth, servers
from ingestion.mail.dialling import Mailbox
from ingestion.mail.servers import Encryption, Login, Server
from runtime.errors import SettingError, Unavailable
from runtime.settings import settings

FAILURES = (OSError, imaplib.IMAP4.error, ImapToolsError)
LONGEST_HEADER = 65_536
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_UID = re.compile(rb"\bUID (\d+)")
_CAME = re.compile(rb'INTERNALDATE "([^"]+)"')


_SETTING = "DESKFLEET_MAIL_IMAP_URL"


@dataclass(frozen=True)
class Folder:
    """What a server says when a folder is opened. `uid_next`: no mail in it has this UID or a greater one."""

    uid_validity: int
    uid_next: int


def read_url(url: str) -> tuple[Server, str]:
    """The setting's server and folder. Raises SettingError naming the setting."""
    found = servers.read_url(url, kind="imap", where=f"The setting {_SETTING}")
    if not (found.user and found.password):
        raise SettingError(
            f"The setting {_SETTING} is wrong: user, password and host are needed.", field=_SETTING
        )
    return replace(found.server, login=Login(found.user, found.password)), found.path or "INBOX"


@contextmanager
def connected(server: Server) -> Iterator[BaseMailBox]:
    """A session that is logged in, no folder chosen yet. Certificates are checked.

    Raises one of `FAILURES`, or Unavailable when a secret cannot be had.
    """
    connection = Mailbox(server, timeout_s=settings().ingestion.timeout_s)
    try:
        _encrypt(connection, server)
        if server.login:
            _log_in(connection, server.login)
        yield connection
    finally:
        with suppress(*FAILURES):
            connection.logout()
        with suppress(OSError):
            connection.client.shutdown()


def _encrypt(connection: BaseMailBox, server: Server) -> None:
    offered = "STARTTLS" in connection.client.capabilities
    # Where it is demanded and not offered, the library ends the session before the login.
    if server.encryption is Encryption.STARTTLS or (server.encryption is Encryption.IF_OFFERED and offered):
        connection.client.starttls(server.tls_context())


def _log_in(connection: BaseMailBox, login: Login) -> None:
    if login.token:
        _log_in_by_token(connection, login.user, login.token)
        return
    password = login.read_password()
    # The plain command knows ASCII alone.
    by = connection.login if (login.user + password).isascii() else connection.login_utf8
    by(login.user, password, initial_folder=None)


def _log_in_by_token(connection: BaseMailBox, user: str, source: oauth.TokenSource) -> None:
    first = [f"user={user}\x01auth=Bearer {oauth.access_token(source)}\x01\x01".encode()]
    try:
        # A server that refuses says why, and wants an empty line before it says NO.
        connection.client.authenticate("XOAUTH2", lambda _said: first.pop() if first else b"")
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        oauth.forget(source)
        raise


def capabilities(connection: BaseMailBox) -> frozenset[str]:
    """Asked after the login: servers show more then, or less."""
    _status, answer = connection.client.capability()
    return frozenset(
        word.decode("ascii", "replace")
        for line in answer
        if isinstance(line, bytes)
        for word in line.upper().split()
    )


def choose_folder(connection: BaseMailBox, folder: str, *, readonly: bool = True) -> Folder:
    """Open the folder, with all that has come since."""
    connection.folder.set(folder, readonly=readonly)
    uid_validity, uid_next = _number(connection, "UIDVALIDITY"), _number(connection, "UIDNEXT")
    if uid_validity is None:
        raise Unavailable("The mailbox's server gives no UIDVALIDITY.")
    # What comes while this is asked has a UID from there on.
    return Folder(uid_validity, uid_next or max(uids_after(connection, 0), default=0) + 1)


def _number(connection: BaseMailBox, name: str) -> int | None:
    _code, values = connection.client.response(name)
    return int(values[0]) if values and values[0] else None


def uids_after(connection: BaseMailBox, last_uid: int) -> list[int]:
    """In order. `n:*` always names the newest mail, also when its UID is smaller."""
    return sorted(
        uid for uid in map(int, connection.uids(f"UID {last_uid + 1}:*", charset=None)) if uid > last_uid
    )


def uids_since(connection: BaseMailBox, moment: datetime, *, first: int, last: int) -> set[int]:
    """Of these UIDs the mails that the server took at the moment or later."""
    # The search knows days only, in the server's own zone.
    day = f"{moment - timedelta(days=1):%d-%b-%Y}"
    recent = [int(uid) for uid in connection.uids(f"UID {first}:{last} SINCE {day}", charset=None)]
    if not recent:
        return set()
    came = _arrivals(connection, f"{min(recent)}:{max(recent)}")
    return {uid for uid, at in came.items() if at >= moment}


def _arrivals(connection: BaseMailBox, uids: str) -> dict[int, datetime]:
    """When the server took each mail."""
    found: dict[int, datetime] = {}
    for piece in _flat(_fetch(connection, uids, "(UID INTERNALDATE)")):
        uid, came = _UID.search(piece), _CAME.search(piece)
        if uid and came:
            found[int(uid[1])] = datetime.strptime(came[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z")
    return found


def read_size(connection: BaseMailBox, uid: int) -> int:
    """In bytes, as the server says; 0 when the mail is gone."""
    answer = b" ".join(_flat(_fetch(connection, uid, "(RFC822.SIZE)")))
    found = _SIZE.search(answer)
    return int(found[1]) if found else 0


def read_header(connection: BaseMailBox, uid: int) -> bytes | None:
    """The raw header alone, without the end of an endless one; None when the mail is gone."""
    return _read_part(connection, uid, f"BODY.PEEK[HEADER]<0.{LONGEST_HEADER}>")


def read_source(connection: BaseMailBox, uid: int, *, most: int) -> bytes | None:
    """The raw mail, up to `most` bytes whatever its stated size was; None when it is gone."""
    return _read_part(connection, uid, f"BODY.PEEK[]<0.{most}>")


def _read_part(connection: BaseMailBox, uid: int, part: str) -> bytes | None:
    answer = _fetch(connection, uid, f"({part})")
    for item in answer:
        if isinstance(item, tuple) and b"BODY[" in item[0]:
            return bytes(item[1])
    # A mail whose source the server withholds (NIL) is there all the same: empty, not gone.
    return b"" if any(b"BODY[" in piece for piece in _flat(answer)) else None


def _fetch(connection: BaseMailBox, uids: int | str, parts: str) -> list[object]:
    status, answer = connection.client.uid("FETCH", str(uids), parts)
    if status != "OK":
        raise imaplib.IMAP4.error(f"FETCH answered {status}")
    return list(answer)


def _flat(answer: list[object]) -> Iterator[bytes]:
    for item in answer:
        if isinstance(item, tuple):
            yield from item
        elif isinstance(item, bytes):
            yield item


def has_mail(connection: BaseMailBox, mail_id: str) -> bool:
    """Whether the chosen folder holds a mail with this Message-ID; of one that cannot be quoted it is not known."""
    if '"' in mail_id or "\\" in mail_id:
        return False
    return bool(connection.uids(f'HEADER Message-ID "<{mail_id}>"', charset=None))


def has_sent(connection: BaseMailBox, mail_id: str) -> bool:
    """Whether a folder for sent mail holds a mail with this Message-ID."""
    for folder in connection.folder.list():
        if "\\sent" in (flag.lower() for flag in folder.flags):
            connection.folder.set(folder.name, readonly=True)
            if has_mail(connection, mail_id):
                return True
    return False
