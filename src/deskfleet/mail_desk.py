"""The mailboxes for the console, which does not know ingestion: `pages.install(app, mailing=mail_desk)`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from console.mailing import Kept, Mailbox, Tried
from ingestion import mailboxes
from ingestion.mail import box_changes, boxes, kept_boxes, probe
from ingestion.mail.box import After, Box, FirstRead
from ingestion.mail.kept_boxes import KeptBox, KeptServer
from ingestion.mail.servers import Encryption
from ingestion.mailboxes import State
from runtime.database import transaction
from runtime.settings import instead, settings

# Whoever tries a mailbox sits before the page.
_PATIENCE_S = 10.0


def list_mailboxes(kept: Kept) -> Sequence[Mailbox]:
    """Those of the settings first."""
    of_settings, here = boxes.of_settings(), _boxes(kept)
    with transaction() as session:
        states = mailboxes.read_states(session, [box.place for box in (*of_settings, *here)])
    lines = [_line(box, states.get(box.place, State())) for box in of_settings]
    for box in here:
        line = _line(box, states.get(box.place, State()))
        lines.append(replace(line, is_here=True, hidden_by=boxes.clash(box, of_settings) or ""))
    return lines


def _boxes(kept: Kept) -> tuple[Box, ...]:
    chosen = settings().ingestion
    return tuple(
        one.box(sender_name=chosen.sender_name, ca_file=chosen.ca_file) for one in kept_boxes.read(kept)
    )


def _line(box: Box, state: State) -> Mailbox:
    return Mailbox(
        name=box.name,
        address=box.address,
        reads=f"{box.imap} {box.folder}" if box.imap else "the folder mail/in",
        sends=str(box.smtp) if box.smtp else "the folder mail/out",
        is_here=False,
        is_paused=box.is_paused,
        read_at=state.fetched_at,
        error=state.error,
    )


def form_of(kept: Kept, name: str) -> Mapping[str, str]:
    if name:
        return _form(box_changes.find(kept_boxes.read(kept), name))
    secure, submission = Encryption.TLS.value, Encryption.STARTTLS.value
    return {
        "is_new": "1",
        "imap_port": "993",
        "imap_encryption": secure,
        "folder": "INBOX",
        "smtp_port": "587",
        "smtp_encryption": submission,
        "smtp_login": "same",
        "after": After.KEEP.value,
        "first_read": FirstRead.NEW.value,
    }


def _form(one: KeptBox) -> dict[str, str]:
    login = "none"
    if one.smtp.user:
        login = "same" if one.smtp.user == one.imap.user else "own"
    return {
        "name": one.name,
        "address": one.address,
        "sender_name": one.sender_name,
        "folder": one.folder,
        "after": one.after.value,
        "first_read": one.first_read.value,
        **_server_fields("imap", one.imap),
        **_server_fields("smtp", one.smtp),
        "smtp_login": login,
        "smtp_user": one.smtp.user if login == "own" else "",
    }


def _server_fields(which: str, server: KeptServer) -> dict[str, str]:
    return {
        f"{which}_host": server.host,
        f"{which}_port": str(server.port),
        f"{which}_encryption": server.encryption.value,
        f"{which}_user": server.user,
    }


def changed(kept: Kept, typed: Mapping[str, str]) -> dict[str, Any]:
    return kept_boxes.document(box_changes.changed(kept_boxes.read(kept), typed))


def paused(kept: Kept, name: str, *, is_paused: bool) -> dict[str, Any]:
    return kept_boxes.document(box_changes.paused(kept_boxes.read(kept), name, is_paused=is_paused))


def without(kept: Kept, name: str) -> dict[str, Any]:
    return kept_boxes.document(box_changes.without(kept_boxes.read(kept), name))


def try_mailbox(kept: Kept, name: str) -> Sequence[Tried]:
    box = next((one for one in _boxes(kept) if one.name == name), None) or boxes.box_named(name)
    present = settings()
    timeout_s = min(present.ingestion.timeout_s, _PATIENCE_S)
    with instead(replace(present, ingestion=present.ingestion.model_copy(update={"timeout_s": timeout_s}))):
        return [Tried(one.about, one.ok, one.said) for one in probe.probe(box)]
