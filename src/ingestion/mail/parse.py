"""Raw mail to `ParsedMail`, and that to what intake takes. Broken mail is read as far as it goes."""

import base64
import binascii
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ingestion.mail import headers
from ingestion.mail.addresses import addresses, is_mail_system, is_no_reply, own_address, recipients
from ingestion.mail.bodies import Attachment, Body, read_body
from ingestion.mail.bounces import Failure
from ingestion.mail.complaints import Complaint
from ingestion.mail.fields import Fields
from ingestion.mail.kinds import MailKind, Verdict, Words, kind_of
from ingestion.mail.mime import Part, read_mail
from ingestion.mail.quoting import split_parts
from ingestion.mail.vouching import is_vouched_for
from runtime.errors import InvalidInput
from tickets.contracts import Channel, FailedDelivery, FileContent, IncomingMessage, MailHeaders

_LONGEST_SUBJECT = 500
_CONVERSATION = 22  # Bytes of a Thread-Index that all mails of a conversation share.
_NO_SENDER = "no sender"


@dataclass(frozen=True)
class ParsedMail:
    """Ids are without angle brackets. `text` is what is new, `quoted_text` history and attached mails.

    `sender` is empty when nobody is named: such a mail is listed among the `defects` and cannot be taken in,
    unless a mail server wrote it. `copied` are the other addresses in To and Cc; `desk_address` is the one of
    ours that it came to, `plus_token` what stood after its plus. `failure` is there for bounces only.
    """

    sender: str
    sender_name: str
    subject: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    date: datetime | None
    text: str
    quoted_text: str
    kind: MailKind
    attachments: tuple[Attachment, ...]
    defects: tuple[str, ...]
    signature: str = ""
    copied: tuple[str, ...] = ()
    reply_to: str = ""
    thread_index: str = ""
    desk_address: str = ""
    plus_token: str = ""
    answerable: bool = True
    failure: Failure | None = None
    complaint: Complaint | None = None
    vouched: bool = True


def parse(raw: bytes, *, mailboxes: Collection[str] = (), mailbox: str = "") -> ParsedMail:
    """Read one mail; `mailboxes` are the desk's own addresses, `mailbox` is one more.

    Raises InvalidInput when it is no mail at all.
    """
    mail, defects = read_mail(raw)
    if not mail.fields:
        raise InvalidInput("This is no mail: it has no headers.")
    ours = (*mailboxes, mailbox) if mailbox else tuple(mailboxes)
    return _parsed(mail, raw, ours, defects)


def _parsed(mail: Part, raw: bytes, mailboxes: tuple[str, ...], defects: list[str]) -> ParsedMail:
    fields = mail.fields
    address, name = headers.sender(fields) or ("", "")
    body = read_body(mail)
    verdict = kind_of(
        mail, Words(_joined(body.text, body.quoted), body.nested), sender=address, mailboxes=mailboxes
    )
    said = _said(body, verdict)
    towards = recipients(fields, mailboxes=mailboxes, sender=address)
    return ParsedMail(
        sender=address,
        sender_name=name,
        subject=headers.text_value(fields, "Subject")[:_LONGEST_SUBJECT],
        message_id=next(iter(headers.message_ids(fields, "Message-ID")), "") or _made_up_id(raw),
        in_reply_to=next(iter(headers.message_ids(fields, "In-Reply-To")), ""),
        references=headers.message_ids(fields, "References"),
        date=headers.date(fields),
        text=said.text,
        quoted_text=said.quoted,
        kind=verdict.kind,
        attachments=tuple(body.attachments),
        defects=tuple(dict.fromkeys([*([] if address else [_NO_SENDER]), *defects, *body.defects])),
        signature=said.signature,
        copied=towards.copied,
        reply_to=_reply_to(fields, address, mailboxes),
        thread_index=_thread_index(fields),
        desk_address=towards.desk,
        plus_token=towards.token,
        answerable=verdict.answerable,
        failure=verdict.failure,
        complaint=verdict.complaint,
        vouched=is_vouched_for(fields),
    )


@dataclass(frozen=True)
class _Said:
    text: str
    quoted: str
    signature: str


def _said(body: Body, verdict: Verdict) -> _Said:
    """A machine's report is kept whole; a mail that only passes another one on says what that says."""
    if verdict.failure or verdict.complaint:
        own = _joined(body.text.strip(), body.quoted)
        return _Said(own, body.nested, "") if own else _Said(body.nested, "", "")
    split = split_parts(body.text, history_follows=bool(body.quoted))
    text, nested = (split.new_text, body.nested) if split.new_text else (body.nested, "")
    rest = (split.quoted_text, body.quoted, split.signature, split.disclaimer, nested)
    return _Said(text, _joined(*rest), split.signature)


def _joined(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


def _reply_to(fields: Fields, sender: str, mailboxes: Collection[str]) -> str:
    """Where the sender wants the answer, if that is elsewhere and not with us."""
    stated = addresses(headers.raw_values(fields, "Reply-To"))
    elsewhere = (one for one in stated if one.lower() != sender.lower() and not own_address(one, mailboxes))
    return next(elsewhere, "")


def _thread_index(fields: Fields) -> str:
    """Outlook's name for the conversation, in hex; empty when there is none."""
    stated = headers.raw_value(fields, "Thread-Index").replace(" ", "")[:2_000]
    try:
        index = base64.b64decode(stated + "=" * (-len(stated) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return index[:_CONVERSATION].hex() if len(index) >= _CONVERSATION else ""


def _made_up_id(raw: bytes) -> str:
    """The same mail gets the same id however often it is read."""
    return f"{hashlib.sha256(raw).hexdigest()[:32]}@no-message-id.invalid"


def to_incoming(parsed: ParsedMail) -> IncomingMessage:
    """What intake takes. One Message-ID on two mails is one message only when sender and date agree.

    Raises InvalidInput for a mail that names no sender, but for bounces, which mail servers send so.
    """
    if not parsed.sender and parsed.kind is not MailKind.BOUNCE:
        raise InvalidInput("The mail has no From address.", field="From")
    sent = parsed.date.isoformat() if parsed.date else ""
    return IncomingMessage(
        channel=Channel.MAIL,
        customer_verified=parsed.vouched and not parsed.reply_to,
        external_id=parsed.message_id,
        identity=parsed.sender or "mailer-daemon@invalid",
        name=parsed.sender_name,
        subject=parsed.subject,
        text=parsed.text,
        quoted_text=parsed.quoted_text,
        mail=_headers(parsed),
        fingerprint=hashlib.sha256(f"{parsed.sender.lower()}\n{sent}".encode()).hexdigest(),
        automatic=_automatic(parsed),
        failure=_failed_delivery(parsed),
        attachments=tuple(
            FileContent(one.name, one.type, one.content, one.inline) for one in parsed.attachments
        ),
        copied=parsed.copied,
        reply_to=parsed.reply_to,
        desk_address=parsed.desk_address,
    )


def _automatic(parsed: ParsedMail) -> str:
    """Why it is never answered, or empty."""
    if parsed.answerable:
        return "no_reply" if is_no_reply(parsed.reply_to) else ""
    return str(parsed.kind) if parsed.kind is not MailKind.MESSAGE else "no_reply"


def _headers(parsed: ParsedMail) -> MailHeaders:
    """A complaint counts as an answer to the mail that it is about."""
    about = parsed.complaint.message_id if parsed.complaint else ""
    return MailHeaders(
        message_id=parsed.message_id,
        in_reply_to=parsed.in_reply_to or about,
        references=parsed.references,
        thread_index=parsed.thread_index,
        token=parsed.plus_token,
    )


def _failed_delivery(parsed: ParsedMail) -> FailedDelivery | None:
    """A server that gives up says so by its action; a code of class 4 alone does not mean that it tries on.

    What a person sends in the shape of a bounce is believed by nobody.
    """
    failure = parsed.failure
    if failure is None or (parsed.sender and not is_mail_system(parsed.sender)):
        return None
    return FailedDelivery(failure.message_id, failure.recipient, failure.status, failure.action == "failed")
