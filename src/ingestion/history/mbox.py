"""Mail archives in mbox form. Every mail is a record; `mail_threads` joins them into tickets."""

import re
from collections.abc import Iterator

from ingestion.history.reading import BYTE_FOR_CHARACTER, Line, Tape, lines
from ingestion.history.records import Plan, Record
from ingestion.mail.kinds import MailKind
from ingestion.mail.parse import ParsedMail, parse, to_incoming
from runtime.errors import InvalidInput
from runtime.settings import settings
from tickets.contracts import Author, Channel, Status
from tickets.past import PastMessage, PastTicket

# "From alice@example.com Mon Jan  1 10:00:00 2024": a sentence that begins with the word has no such time.
_SEPARATOR = re.compile(r"From \S.{0,200}\d\d:\d\d")
_ESCAPED = re.compile(r">+From ")


def is_separator(line: str) -> bool:
    return line.startswith("From ") and bool(_SEPARATOR.match(line))


def records(tape: Tape, plan: Plan) -> Iterator[Record]:
    """`value` is the raw mail. The tape has a character for every byte."""
    del plan
    begun: list[str] = []
    at, size, after_blank = 0, 0, True
    most = settings().ingestion.max_bytes
    for line in lines(tape.text):
        if after_blank and is_separator(line.text):
            if at:
                yield _record(at, begun, size=size, most=most)
            begun, at, size = [], line.number, 0
        elif at:
            size += len(line.text)
            if size <= most and line.whole:
                begun.append(_unescaped(line))
        elif line.text.strip():
            raise InvalidInput('This is no mbox: its first line does not begin with "From " and a date.')
        size = size if line.whole else most + 1
        after_blank = not line.text.strip("\r\n")
    if at:
        yield _record(at, begun, size=size, most=most)


def _unescaped(line: Line) -> str:
    return line.text[1:] if line.text.startswith(">") and _ESCAPED.match(line.text) else line.text


def _record(line: int, begun: list[str], *, size: int, most: int) -> Record:
    raw = "".join(begun)
    if size > most:
        return Record(line, raw, problem=f"The mail is larger than {most} bytes.")
    return Record(line, raw, raw.encode(BYTE_FOR_CHARACTER))


def past_ticket(record: Record, plan: Plan) -> PastTicket | None:
    """A ticket of one mail. None: a machine's mail. Raises InvalidInput when nobody can be made out."""
    parsed = parse(record.value, mailbox=plan.staff[0])
    by_staff = parsed.kind is MailKind.OWN_MAIL or is_staff(parsed.sender, plan.staff)
    if parsed.kind not in (MailKind.MESSAGE, MailKind.OWN_MAIL):
        return None
    incoming = to_incoming(parsed)
    said = PastMessage(
        Author.STAFF if by_staff else Author.CUSTOMER,
        parsed.text or parsed.quoted_text,
        parsed.date or plan.undated,
        name=parsed.sender_name,
        mail=incoming.mail,
        quoted_text=parsed.quoted_text if parsed.text else "",
        external_id=parsed.message_id,
        fingerprint=incoming.fingerprint,
    )
    return PastTicket(
        external_id=parsed.message_id,
        source=plan.source,
        channel=Channel.MAIL,
        identity=_customer(parsed, plan) if by_staff else parsed.sender,
        name="" if by_staff else parsed.sender_name,
        subject=parsed.subject,
        messages=(said,) if said.text else (),
        status=Status.CLOSED,
    )


def is_staff(address: str, staff: tuple[str, ...]) -> bool:
    """`staff` holds addresses, and domains that begin with @."""
    lowered = address.strip().lower()
    return lowered in staff or f"@{lowered.rpartition('@')[2]}" in staff


def _customer(parsed: ParsedMail, plan: Plan) -> str:
    """Whom staff wrote to: the first who is not staff."""
    for address in parsed.copied:
        if not is_staff(address, plan.staff):
            return address
    raise InvalidInput("The mail is by staff and to no customer.", field="To")
