"""What kind of mail it is: a person's message, or one of the kinds that are kept and never answered."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from ingestion.mail.addresses import is_no_reply, own_address
from ingestion.mail.auto_replies import is_auto_reply
from ingestion.mail.bounces import Failure, find_failure, is_bounce, is_forwarded_report
from ingestion.mail.cloud_notices import find_notice
from ingestion.mail.complaints import Complaint, find_complaint
from ingestion.mail.fields import Fields
from ingestion.mail.headers import raw_value
from ingestion.mail.mime import Part

_LIST_MARKS = (
    "List-Id", "List-Post", "List-Unsubscribe", "Mailing-List", "X-Mailing-List", "X-BeenThere",
    "X-Mailman-Version", "X-Google-Group-Id",
)  # fmt: skip
_BULK = frozenset({"list", "bulk", "junk"})


class MailKind(StrEnum):
    MESSAGE = "message"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    MAILING_LIST = "mailing_list"
    OWN_MAIL = "own_mail"


@dataclass(frozen=True)
class Verdict:
    """`answerable` is only ever true of a message, and not of every one: nobody reads a no-reply address."""

    kind: MailKind
    answerable: bool
    failure: Failure | None = None
    complaint: Complaint | None = None


@dataclass(frozen=True)
class Words:
    """A mail's texts: all of its own parts, and what it brings of other mails."""

    own: str
    nested: str = ""


def kind_of(mail: Part, words: Words, *, sender: str, mailboxes: Collection[str]) -> Verdict:
    """`sender` is the From address or empty, `mailboxes` are the desk's own."""
    if own_address(sender, mailboxes):
        return Verdict(MailKind.OWN_MAIL, answerable=False)
    if report := _report(mail, words):
        return report
    if is_auto_reply(mail):
        return Verdict(MailKind.AUTO_REPLY, answerable=False)
    if _is_list(mail.fields, mailboxes):
        return Verdict(MailKind.MAILING_LIST, answerable=False)
    return Verdict(MailKind.MESSAGE, answerable=_may_be_answered(mail.fields, sender))


def _report(mail: Part, words: Words) -> Verdict | None:
    """What a machine reports about one of our mails, or None."""
    notice = find_notice(words.own)
    complaint = find_complaint(mail, words.own, notice)
    if complaint is not None:
        return Verdict(MailKind.COMPLAINT, answerable=False, complaint=complaint)
    if not (is_bounce(mail, words.own, notice) or is_forwarded_report(words.own)):
        return None
    failure = find_failure(mail, f"{words.own}\n\n{words.nested}", notice)
    return Verdict(MailKind.BOUNCE, answerable=False, failure=failure)


def _is_list(fields: Fields, mailboxes: Collection[str]) -> bool:
    """Not when the list is the desk's own address, as with a group that passes customers' mail on."""
    marks = " ".join(raw_value(fields, name) for name in _LIST_MARKS).lower()
    if any(own.lower() in marks or own.lower().replace("@", ".") in marks for own in mailboxes):
        return False
    return bool(marks.strip()) or raw_value(fields, "Precedence").lower() in _BULK


def _may_be_answered(fields: Fields, sender: str) -> bool:
    return bool(sender) and not is_no_reply(sender) and raw_value(fields, "Return-Path") != "<>"
