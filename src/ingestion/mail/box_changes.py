"""What an admin does to the mailboxes of the console: add, change, pause, remove; each gives the new document.

A password that is not typed stays the one that is kept, for the same user at the same server alone.
"""

import ipaddress
import re
from collections.abc import Mapping

from ingestion.mail import boxes
from ingestion.mail.box import After, Box, FirstRead
from ingestion.mail.kept_boxes import KeptBox, KeptServer
from ingestion.mail.servers import Encryption, is_this_machine
from runtime.errors import Conflict, InvalidInput, NotFound

_MOST = 50
_LONGEST = 254
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*\.?")
# What becomes of mails; to move them takes the name of a folder, which the mailbox file has.
_AFTER = (After.KEEP, After.SEEN, After.DELETE)
_WORDS = {"imap": "incoming", "smtp": "outgoing"}

Kept = tuple[KeptBox, ...]
Typed = Mapping[str, str]


def changed(kept: Kept, typed: Typed) -> Kept:
    """With the mailbox as it was typed. Raises InvalidInput or Conflict naming the field."""
    name, is_new = typed.get("name", ""), bool(typed.get("is_new"))
    present = None if is_new else find(kept, name)
    if is_new and len(kept) >= _MOST:
        raise InvalidInput(f"There are {_MOST} mailboxes already.", field="name")
    made = _made(typed, present)
    others = tuple(one for one in kept if one is not present)
    _refuse_doubles(made, others)
    if present is None:
        return (*kept, made)
    return tuple(made if one is present else one for one in kept)


def paused(kept: Kept, name: str, *, is_paused: bool) -> Kept:
    """Raises NotFound."""
    find(kept, name)
    return tuple(one.model_copy(update={"is_paused": is_paused}) if one.name == name else one for one in kept)


def without(kept: Kept, name: str) -> Kept:
    """Raises NotFound."""
    gone = find(kept, name)
    return tuple(one for one in kept if one is not gone)


def find(kept: Kept, name: str) -> KeptBox:
    """Raises NotFound."""
    found = next((one for one in kept if one.name == name), None)
    if found is None:
        raise NotFound("There is no such mailbox among those of the console.")
    return found


def _made(typed: Typed, present: KeptBox | None) -> KeptBox:
    imap = _server(typed, "imap", present.imap if present else None)
    return KeptBox(
        name=_matching(typed, "name", _NAME, "The name has small letters, digits, - and _, at most 40."),
        address=_matching(typed, "address", _ADDRESS, "The address is a mail address: support@example.com."),
        sender_name=_printable(typed, "sender_name", "The name of the sender", most=60),
        imap=imap,
        folder=_printable(typed, "folder", "The folder") or "INBOX",
        smtp=_outgoing(typed, imap, present),
        after=_after(typed.get("after", "")),
        first_read=FirstRead.ALL if typed.get("first_read") == FirstRead.ALL else FirstRead.NEW,
        is_paused=present.is_paused if present else False,
    )


def _outgoing(typed: Typed, imap: KeptServer, present: KeptBox | None) -> KeptServer:
    """It is logged in to as the incoming one, as somebody else, or not at all."""
    login = typed.get("smtp_login", "same")
    if login == "none":
        return _server({**typed, "smtp_user": "", "smtp_password": ""}, "smtp", None)
    if login == "own":
        if not typed.get("smtp_user", "").strip():
            raise InvalidInput("The user of the outgoing server is missing.", field="smtp_user")
        return _server(typed, "smtp", present.smtp if present else None)
    as_incoming = {**typed, "smtp_user": imap.user, "smtp_password": typed.get("imap_password", "")}
    return _server(as_incoming, "smtp", present.smtp if present else None)


def _server(typed: Typed, which: str, present: KeptServer | None) -> KeptServer:
    host = _host(typed.get(f"{which}_host", ""), which)
    user = _printable(typed, f"{which}_user", f"The user of the {_WORDS[which]} server")
    if which == "imap" and not user:
        raise InvalidInput("The user of the incoming server is missing.", field="imap_user")
    made = KeptServer(
        host=host, port=_port(typed, which), encryption=_encryption(typed, which, host, user), user=user
    )
    if not user:
        return made
    password = typed.get(f"{which}_password", "")
    if password:
        if len(password) > _LONGEST or not password.isprintable():
            raise InvalidInput(
                f"The password of the {_WORDS[which]} server is too long, or no text.",
                field=f"{which}_password",
            )
        return made.holding(password)
    if present is None or present.place() != made.place() or not present.sealed:
        raise InvalidInput(
            f"The password of the {_WORDS[which]} server is missing: for another user, host or port it is typed anew.",
            field=f"{which}_password",
        )
    return made.model_copy(update={"sealed": present.sealed})


def _host(said: str, which: str) -> str:
    host = said.strip()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        if len(host) <= _LONGEST and _HOST.fullmatch(host):
            return host
    raise InvalidInput(
        f"The {_WORDS[which]} server is a host without anything around it: {which}.example.com.",
        field=f"{which}_host",
    )


def _port(typed: Typed, which: str) -> int:
    said = typed.get(f"{which}_port", "").strip()
    port = int(said) if said.isascii() and said.isdigit() and len(said) <= 5 else 0
    if not 1 <= port <= 65_535:
        raise InvalidInput(
            f"The port of the {_WORDS[which]} server is a number from 1 to 65535.", field=f"{which}_port"
        )
    return port


def _encryption(typed: Typed, which: str, host: str, user: str) -> Encryption:
    field = f"{which}_encryption"
    said = typed.get(field, "")
    if said not in list(Encryption):
        raise InvalidInput(f"The encryption of the {_WORDS[which]} server is none there is.", field=field)
    if said == Encryption.IF_OFFERED and user and not is_this_machine(host):
        raise InvalidInput(
            f"A password is not sent to the {_WORDS[which]} server without encryption.", field=field
        )
    return Encryption(said)


def _after(said: str) -> After:
    if said not in _AFTER:
        raise InvalidInput("A mail that was handled is kept, marked or deleted.", field="after")
    return After(said)


def _matching(typed: Typed, field: str, form: re.Pattern[str], said: str) -> str:
    value = typed.get(field, "").strip()
    if len(value) > _LONGEST or not form.fullmatch(value):
        raise InvalidInput(said, field=field)
    return value


def _printable(typed: Typed, field: str, what: str, *, most: int = _LONGEST) -> str:
    value = typed.get(field, "").strip()
    if len(value) > most or (value and not value.isprintable()):
        raise InvalidInput(f"{what} has at most {most} characters, in one line.", field=field)
    return value


def _refuse_doubles(made: KeptBox, others: Kept) -> None:
    box = _as_box(made)
    others_there = (*boxes.of_settings(), *(_as_box(one) for one in others))
    if same := boxes.clash(box, others_there):
        raise Conflict(
            f"Another mailbox has the same {same}.",
            field=same if same in {"name", "address"} else "imap_user",
        )


def _as_box(kept: KeptBox) -> Box:
    return kept.box(sender_name="", ca_file=None)
