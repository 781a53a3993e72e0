"""The desk's mailboxes: the one of the single settings, and those of the mailbox file."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ingestion.mail import box_file, imap, smtp
from ingestion.mail.box import Box, FirstRead, after_of
from ingestion.mail.servers import Server, check_ca_file
from runtime.errors import NotFound, SettingError
from runtime.settings import settings

DEFAULT = "default"


def all_boxes() -> tuple[Box, ...]:
    """Never empty. Raises SettingError with one sentence when a setting or the mailbox file is wrong.

    The file is read once by a process, like every setting.
    """
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
    """The mailbox of this address; the first when the address is empty or no mailbox's any more."""
    known = all_boxes()
    return next((box for box in known if box.address.casefold() == address.casefold()), known[0])


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
