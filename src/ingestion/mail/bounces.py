"""Bounces: delivery reports of RFC 3464 and those in forms of their own. Says which mail failed, for whom and why."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.mail import bounce_prose
from ingestion.mail.addresses import addresses, is_mail_system, is_no_reply
from ingestion.mail.auto_replies import is_auto_reply, is_receipt, submitted_by_machine
from ingestion.mail.cloud_notices import CloudNotice
from ingestion.mail.fields import Fields, read_fields
from ingestion.mail.headers import message_ids, raw_value, raw_values, text_value
from ingestion.mail.mime import Part
from ingestion.mail.returned import outer_parts, returned_fields

_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_MOST_BLOCKS = 200
_LONGEST = 500
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_SYSTEM_NAME = re.compile(
    r"mail(?:er)?[ -]?deliver\w*|delivery (?:sub)?system|mailer[ -]?daemon|mail administrator|mail system"
    r"|mail router|message center|postmaster|administrator",
    re.IGNORECASE,
)
_REPORT_LINES = re.compile(
    r"^[ \t>]*(?:final-recipient|action|status):[ \t]*\S", re.IGNORECASE | re.MULTILINE
)
# What the action alone amounts to.
_CLASSES = {
    "failed": "5.0.0",
    "delayed": "4.0.0",
    "delivered": "2.0.0",
    "relayed": "2.0.0",
    "expanded": "2.0.0",
}
_FIELDS_OF_A_REPORT = 3
_PASSED_ON = re.compile(
    r"^[ \t]*(?:>|-{2}|\*{0,2}from:|\*{0,2}von:|\*{0,2}de\s?:|.{0,20}forwarded message)", re.I | re.M
)
_FORWARD_WORDS = 6
_PERSON = 4  # Of five signs: a person may quote a bounce, or write of a parcel that was not delivered.


@dataclass(frozen=True)
class Failure:
    """What became of one mail of ours. `status` as 5.1.1, `action` as RFC 3464 names it; unknown ones are empty."""

    recipient: str
    status: str
    action: str
    diagnostic: str
    message_id: str


def is_bounce(mail: Part, text: str, notice: CloudNotice | None) -> bool:
    """`text` is all that the mail says, the returned mail left out."""
    fields = mail.fields
    if notice is not None or next(_reports(mail), None) or raw_value(fields, "X-Failed-Recipients"):
        return True
    if (
        mail.kind == "multipart/report"
        and mail.parameters.get("report-type", "").lower() == "delivery-status"
    ):
        return True
    if is_receipt(mail):
        return False
    if raw_value(fields, "Return-Path") == "<>" and not is_auto_reply(mail):
        return True
    stated_reply = raw_value(fields, "Auto-Submitted").lower().startswith("auto-replied")
    named = bounce_prose.names_a_bounce(text_value(fields, "Subject"))
    signs = bounce_prose.signs_of_a_bounce(text) + named + bool(returned_fields(mail))
    needed = _needed(mail, stated_reply=stated_reply)
    return signs >= needed and (named or needed < _PERSON)


def _needed(mail: Part, *, stated_reply: bool) -> int:
    """How many signs make a bounce of a mail by that sender: a person may forward one, or write of a parcel."""
    stated = raw_value(mail.fields, "From")
    address = next(iter(addresses([stated])), "")
    if stated and not address and is_mail_system(stated.strip("<> \"'").split(" ")[0] or "mailer-daemon"):
        return 1
    if address.lower().startswith(("mailer-daemon@", "mailerdaemon@")):
        return int(stated_reply)
    if is_mail_system(address):
        return 1
    if raw_value(mail.fields, "Return-Path") == "<>" or _SYSTEM_NAME.search(text_value(mail.fields, "From")):
        return 2
    return 3 if submitted_by_machine(mail.fields) or is_no_reply(address) else _PERSON


def is_forwarded_report(text: str) -> bool:
    """A delivery report that a person or a rule passed on without asking anything: it asks for no answer either."""
    names = {line.partition(":")[0].strip(" \t>").lower() for line in _REPORT_LINES.findall(text)}
    own_words = _PASSED_ON.split(text, maxsplit=1)[0]
    return (
        len(names) == _FIELDS_OF_A_REPORT
        and len(own_words.split()) <= _FORWARD_WORDS
        and "?" not in own_words
    )


def find_failure(mail: Part, text: str, notice: CloudNotice | None) -> Failure:
    """What a bounce tells. What its report leaves out is read from its words and from the mail it brings back."""
    if notice is not None:
        return Failure(notice.recipient, notice.status, notice.action, notice.diagnostic, notice.message_id)
    report = _first_failure(mail)
    original = returned_fields(mail)
    diagnostic = raw_value(report, "Diagnostic-Code")[:_LONGEST] or bounce_prose.diagnostic_in(text)
    action = raw_value(report, "Action").split(" ")[0].lower()[:20]
    if not action:
        action = "delayed" if bounce_prose.still_tries(text_value(mail.fields, "Subject"), text) else "failed"
    return Failure(
        recipient=_stated_recipient(mail, report) or _recipient_in(mail, text, original),
        status=_status(report, diagnostic, text) or _CLASSES.get(action, ""),
        action=action,
        diagnostic=diagnostic,
        message_id=_message_id(mail, text, original),
    )


def _reports(mail: Part) -> Iterator[Part]:
    return (part for part in outer_parts(mail) if part.kind in _REPORTS)


def _first_failure(mail: Part) -> Fields:
    """The fields of the first recipient that failed, else of the first that waits, else of the first."""
    blocks: list[Fields] = []
    for part in _reports(mail):
        content = part.decoded(100_000)
        for block in _BLANK_LINE.split(content)[:_MOST_BLOCKS]:
            start = len(block) - len(block.lstrip())
            blocks.append(read_fields(block, start, len(block))[0])
    told = [block for block in blocks if raw_value(block, "Final-Recipient") or raw_value(block, "Action")]
    worst = ("failed", "delayed", "")
    acted = [(raw_value(block, "Action").lower(), block) for block in told]
    return next((block for action in worst for stated, block in acted if stated.startswith(action)), ())


def _stated_recipient(mail: Part, report: Fields) -> str:
    """The address as we wrote it, before the one that it was rewritten to."""
    stated = [
        raw_value(report, name).rpartition(";")[2] for name in ("Original-Recipient", "Final-Recipient")
    ]
    stated += raw_values(mail.fields, "X-Failed-Recipients")
    stated.append(raw_value(report, "X-Actual-Recipient").rpartition(";")[2])
    return next(iter(addresses(stated)), "")


def _recipient_in(mail: Part, text: str, original: Fields) -> str:
    us = addresses(
        [value for name in ("To", "From", "Delivered-To") for value in raw_values(mail.fields, name)]
    )
    author = addresses([*raw_values(original, "From"), *raw_values(original, "Return-Path")])
    them = addresses([*raw_values(original, "To"), *raw_values(original, "Cc")])
    return bounce_prose.failed_recipient(text, likely=them, never=(*us, *author))


def _status(report: Fields, diagnostic: str, text: str) -> str:
    """The report's code, unless it says nothing but that it failed and the words say more."""
    stated = _STATUS.search(raw_value(report, "Status"))
    if stated and (stated[2], stated[3]) != ("0", "0"):
        return stated[0]
    worded = bounce_prose.status_in(diagnostic) or bounce_prose.status_in(text)
    if stated and (not worded or worded[0] != stated[1]):
        return stated[0]
    return worded


def _message_id(mail: Part, text: str, original: Fields) -> str:
    found = message_ids(original, "Message-ID") or message_ids(mail.fields, "X-Original-Message-ID")
    in_text = bounce_prose.returned_message_id(text)
    answered = message_ids(mail.fields, "In-Reply-To") or message_ids(mail.fields, "References")[-1:]
    return next(iter(found), "") or in_text or next(iter(answered), "")
