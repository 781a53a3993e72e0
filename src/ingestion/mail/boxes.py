"""The desk's mailboxes: the one of the single settings, those of the mailbox file, and those added in the console."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ingestion.mail import box_file, imap, kept_boxes, smtp
from ingestion.mail.box import Box, FirstRead, after_of
from ingestion.mail.servers import Server, check_ca_file
from runtime import desk_settings
from runtime.desk_settings import Document
from runtime.errors import NotFound, SettingError
from runtime.settings import settings

DEFAULT = "default"


def all_boxes() -> tuple[Box, ...]:
    """Never empty. Raises SettingError with one sentence when a setting or the mailbox file is wrong."""
    of_environment = of_settings()
    return (*of_environment, *(box for box in added() if clash(box, of_environment) is None))


def added() -> tuple[Box, ...]:
    """Those of the console, also what the settings have meanwhile under the same name, address or place."""
    chosen = settings().ingestion
    kept = kept_boxes.in_force(desk_settings.current(Document.MAILBOXES))
    return tuple(one.box(sender_name=chosen.sender_name, ca_file=chosen.ca_file) for one in kept)


def clash(box: Box, others: Sequence[Box]) -> str | None:
    """What another mailbox has as well, in words: mails and replies would be somebody else's."""
    for other in others:
        if box.name == other.name:
            return "name"
        if box.address.casefold() == other.address.casefold():
            return "address"
        if box.place == other.place:
            return "user, server and folder"
    return None


def of_settings() -> tuple[Box, ...]:
    """Of files and environment. The file is read once by a process, like every setting."""
    chosen = settings().ingestion
    if chosen.boxes is None:
        return (_single_box(),)
    relay = _smtp_server() if chosen.smtp_url else None
    listed = _of_file(chosen.boxes, relay, chosen.sender_name, chosen.ca_file)
    if not chosen.imap_url:
        return listed
    single = _single_box()
    box_file.refuse_doubles((single, *listed), chosen.boxes)
    return (single, *listed)


@lru_cache(maxsize=8)
def _of_file(path: Path, relay: Server | None, sender_name: str, ca_file: Path | None) -> tuple[Box, ...]:
    return box_file.read_boxes(path, relay=relay, sender_name=sender_name, ca_file=ca_file)


def box_named(name: str) -> Box:
    """Raises NotFound that lists the names there are."""
    known = {box.name: box for box in all_boxes()}
    if name not in known:
        raise NotFound(f"There is no mailbox {name!r}; there are: {', '.join(known)}.")
    return known[name]


def box_of(address: str) -> Box:
    """The mailbox of this address; the first that has a server when it is empty or no mailbox's any more."""
    known = all_boxes()
    # What is nobody's mail leaves by a server, if there is one: nobody reads the local folder.
    usual = next((box for box in known if box.smtp), known[0])
    return next((box for box in known if box.address.casefold() == address.casefold()), usual)


def box_at(place: str) -> Box | None:
    """The mailbox that is read there; None when it was taken out of the settings."""
    return next((box for box in all_boxes() if box.place == place), None)


def addresses() -> tuple[str, ...]:
    """The desk's own addresses."""
    return tuple(box.address for box in all_boxes())


def _single_box() -> Box:
    chosen = settings().ingestion
    after, move_to = after_of(chosen.after)
    server, folder = imap.read_url(chosen.imap_url) if chosen.imap_url else (None, "INBOX")
    if move_to == folder:
        raise SettingError("The setting DESKFLEET_MAIL_AFTER is wrong: it moves mails to where they are.")
    return Box(
        name=DEFAULT,
        address=chosen.address,
        sender_name=chosen.sender_name,
        imap=_with_ca_file(server) if server else None,
        folder=folder,
        smtp=_smtp_server() if chosen.smtp_url else None,
        after=after,
        move_to=move_to,
        first_read=FirstRead(chosen.first_read),
    )


def _smtp_server() -> Server:
    return _with_ca_file(smtp.read_url(settings().ingestion.smtp_url))


def _with_ca_file(server: Server) -> Server:
    ca_file = settings().ingestion.ca_file
    if ca_file:
        check_ca_file(ca_file, where="The setting DESKFLEET_MAIL_CA_FILE")
    return replace(server, ca_file=ca_file)
