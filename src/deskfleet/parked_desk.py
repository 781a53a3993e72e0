"""The parked mails for the console, which does not know ingestion: `pages.install(app, parking=parked_desk)`."""

from collections.abc import Sequence

from sqlalchemy import func, select

from console.parking import OpenedMail, ParkedMail, Tried
from ingestion import parked
from ingestion.mail import boxes, headers, retrying
from ingestion.mail.fields import Fields, read_fields
from ingestion.mail.receiving import read_incoming
from ingestion.models import ParkedMail as Row
from ingestion.parked import Parked
from runtime.database import transaction
from runtime.errors import DeskfleetError, NotFound

_SHOWN = ("From", "To", "Cc", "Reply-To", "Date", "Subject", "Message-ID")
_LONGEST = 500
_MOST_READ = 20_000


def count_waiting() -> int:
    with transaction() as session:
        waiting = select(func.count()).select_from(Row).where(Row.retried_at.is_(None))
        return session.scalar(waiting) or 0


def list_waiting(limit: int) -> Sequence[ParkedMail]:
    with transaction() as session:
        return [_line(row) for row in parked.list_parked(session, limit=limit)]


def read_mail(mail_id: int) -> OpenedMail:
    with transaction() as session:
        row = parked.read_parked(session, mail_id)
        source = parked.read_source(session, mail_id)
    if row.retried_at:
        raise NotFound(f"The mail {mail_id} was received meanwhile.")
    fields, body = read_fields(row.head, 0, len(row.head))
    known = tuple((name, value) for name in _SHOWN if (value := headers.text_value(fields, name)[:_LONGEST]))
    try:
        incoming = read_incoming(source, row.at.mailbox)
    except DeskfleetError:  # What cannot be read as a mail is shown as it is.
        text = row.head[body : body + _MOST_READ].decode("utf-8", "replace")
        return OpenedMail(_line(row, fields), known, text, "")
    return OpenedMail(_line(row, fields), known, incoming.text, incoming.automatic)


def receive_mail(mail_id: int, *, force: bool) -> Tried:
    retried = retrying.retry(mail_id, force=force)
    return Tried(retried.ticket, retried.reason)


def drop_mail(mail_id: int) -> None:
    with transaction() as session:
        parked.drop(session, mail_id)


def _line(row: Parked, fields: Fields | None = None) -> ParkedMail:
    header = fields or read_fields(row.head, 0, len(row.head))[0]
    box = boxes.box_at(row.at.mailbox)
    return ParkedMail(
        id=row.id,
        mailbox=box.name if box else row.at.mailbox,
        sender=headers.text_value(header, "From")[:_LONGEST],
        subject=headers.text_value(header, "Subject")[:_LONGEST],
        reason=row.reason,
        parked_at=row.parked_at,
        size=row.size,
    )
