"""One mail into the desk: received or parked, in one transaction with the cursor, so that a crash repeats it whole."""

import hashlib
import logging
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ingestion import intake, mailboxes, parked
from ingestion.mail import boxes
from ingestion.mail.parse import parse, to_incoming
from ingestion.mailboxes import Position
from runtime import correlation, telemetry
from runtime.database import transaction
from runtime.errors import Conflict, DeskfleetError, SettingError, Unavailable
from tickets import attachments
from tickets.contracts import IncomingMessage

log = logging.getLogger(__name__)

# SQLSTATE classes that say nothing about the mail: connection, rollback, resources, operator, system.
_PASSING = ("08", "25", "40", "53", "57", "58")


class Fate(StrEnum):
    RECEIVED = "received"
    DUPLICATE = "duplicate"
    PARKED = "parked"


def receive_mail(raw: bytes, at: Position, *, with_cursor: bool = True) -> Fate:
    """Handle one mail for good: afterwards it is stored, and the cursor has passed it.

    Raises only when the database is away; the mail is then as if it had never been read.
    """
    with correlation.correlate(correlation.new_id()), telemetry.span("mail"):
        try:
            return _receive(raw, at, with_cursor=with_cursor)
        except Exception as error:
            if _is_passing(error):
                raise
            return park_mail(raw, at, _reason(error), with_cursor=with_cursor)


def _receive(raw: bytes, at: Position, *, with_cursor: bool) -> Fate:
    incoming = attachments.uploaded(read_incoming(raw, at.mailbox))
    with transaction() as session:
        receipt = intake.receive(session, incoming)
        if with_cursor:
            mailboxes.advance(session, at)
    return Fate.DUPLICATE if receipt.duplicate else Fate.RECEIVED


@dataclass(frozen=True)
class Retried:
    """The ticket of a parked mail, or why it still waits."""

    id: int
    ticket: str = ""
    reason: str = ""


def receive_parked(raw: bytes, parked_id: int, *, force: bool) -> Retried:
    """Receive a parked mail after all. Who comes second gets the ticket of the first; raises as `receive_mail` does."""
    with correlation.correlate(correlation.new_id()):
        try:
            return Retried(parked_id, _receive_parked(raw, parked_id, force=force))
        except Exception as error:
            if _is_passing(error):
                raise
            reason = _reason(error)
    with transaction() as session:
        parked.note_reason(session, parked_id, reason)
    return Retried(parked_id, reason=reason)


def _receive_parked(raw: bytes, parked_id: int, *, force: bool) -> str:
    with transaction() as session:
        place = parked.read_parked(session, parked_id).at.mailbox
    incoming = attachments.uploaded(read_incoming(raw, place, force=force))
    with transaction() as session:
        row = parked.read_parked(session, parked_id, lock=True)
        if row.retried_at:
            return row.ticket
        receipt = intake.receive(session, incoming)
        parked.note_received(session, parked_id, receipt.public_id)
    return receipt.public_id


def read_incoming(raw: bytes, place: str, *, force: bool = False) -> IncomingMessage:
    """What intake takes of the mail that was read there. Forced, it is a person's message, and no other mail's double.

    Raises InvalidInput when it is no mail.
    """
    box = boxes.box_at(place) or boxes.box_of("")
    incoming = to_incoming(parse(raw, mailboxes=boxes.addresses()))
    if force:
        own_id = f"{hashlib.sha256(raw).hexdigest()[:32]}@forced.invalid"
        incoming = replace(incoming, automatic="", external_id=own_id)
    return replace(incoming, desk_address=incoming.desk_address or box.address)


def park_mail(raw: bytes, at: Position, reason: str, *, with_cursor: bool = True, whole: bool = True) -> Fate:
    """Keep the mail aside for a person and go on. One that is not `whole` stays in its mailbox for a retry."""
    with transaction() as session:
        parked.park(session, at, reason=reason, raw=raw, whole=whole)
        if with_cursor:
            mailboxes.advance(session, at)
    log.warning("mail parked: %s", reason, extra={"mailbox": at.mailbox, "uid": at.uid})
    return Fate.PARKED


def _reason(error: Exception) -> str:
    if isinstance(error, Conflict):
        return "Another mail of another sender or date had the same Message-ID."
    if isinstance(error, DeskfleetError):
        return error.detail
    # A database's error would print the mail's text.
    log.error("mail could not be handled", exc_info=None if isinstance(error, DBAPIError) else error)
    return f"{type(error).__name__} while it was handled"


def _is_passing(error: Exception) -> bool:
    """Whether something is away, rather than the mail being wrong."""
    if isinstance(error, PoolTimeoutError | Unavailable | SettingError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return state is None or str(state).startswith(_PASSING)
