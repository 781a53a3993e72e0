"""Complaints: reports in ARF (RFC 5965), those of mailbox providers in forms of their own, wishes to unsubscribe."""

import re
from dataclasses import dataclass

from ingestion.mail.addresses import addresses
from ingestion.mail.auto_replies import submitted_by_machine
from ingestion.mail.cloud_notices import CloudNotice
from ingestion.mail.fields import Fields, read_fields
from ingestion.mail.headers import message_ids, raw_value, raw_values, text_value
from ingestion.mail.mime import Part
from ingestion.mail.returned import outer_parts, returned_fields

_ORIGINAL_RECIPIENT = ("X-HmXmrOriginalRecipient", "X-Original-To", "X-Apparently-To", "Delivered-To", "To")
_SUBJECT = re.compile(
    r"complaint about message from|\babuse (?:report|complaint)\b|\bspam (?:report|complaint)\b|feedback report",
    re.IGNORECASE,
)
_SAYS_SO = re.compile(
    r"this is an? (?:e-?mail )?(?:abuse|spam|feedback) report|reported (?:this|the) message as (?:spam|junk|abuse)"
    r"|feedback[ -]loop",
    re.IGNORECASE,
)
_UNSUBSCRIBE = re.compile(r"^\W{0,5}unsubscribe\W{0,5}$", re.IGNORECASE)
# A report whose parts some server has run together.
_REPORT_IN_TEXT = re.compile(
    r"^feedback-type:[ \t]*[\w-]{1,40}[ \t]*\n(?:[\w-]{1,60}:[^\n]{0,500}\n){0,30}?"
    r"(?:original-mail-from|original-rcpt-to|reported-domain|source-ip|user-agent):",
    re.IGNORECASE | re.MULTILINE,
)
_LOOKS_AT = 4_000
_LONGEST = 200


@dataclass(frozen=True)
class Complaint:
    """`feedback_type` as RFC 5965 names it (abuse, fraud, auth-failure, opt-out …); what is unknown is empty."""

    feedback_type: str
    recipient: str
    message_id: str


def find_complaint(mail: Part, text: str, notice: CloudNotice | None) -> Complaint | None:
    """The complaint that this mail is, or None."""
    if notice is not None:
        return Complaint("abuse", notice.recipient, notice.message_id) if notice.kind == "complaint" else None
    report = next((part for part in outer_parts(mail) if part.kind == "message/feedback-report"), None)
    if report is not None:
        fields, _ = read_fields(content := report.decoded(), 0, len(content))
        return _from_report(mail, fields)
    if mail.parameters.get("report-type", "").lower() == "feedback-report":
        return _from_report(mail, ())
    if _wants_no_more(mail):
        return Complaint("opt-out", next(iter(addresses(raw_values(mail.fields, "From"))), ""), "")
    return _from_report(mail, ()) if _is_informal(mail, text) else None


def _wants_no_more(mail: Part) -> bool:
    """A mail program's own wish to unsubscribe, sent at the press of a button."""
    if raw_value(mail.fields, "X-Apple-Unsubscribe").lower() == "true":
        return True
    return submitted_by_machine(mail.fields) and bool(_UNSUBSCRIBE.match(text_value(mail.fields, "Subject")))


def _is_informal(mail: Part, text: str) -> bool:
    """A report in a form of the provider's own; a customer's complaint brings no mail of ours as a part of its own."""
    original = returned_fields(mail)
    if raw_value(original, "X-HmXmrOriginalRecipient"):
        return True
    if _REPORT_IN_TEXT.search(text[:_LOOKS_AT]):
        return True
    named = bool(_SUBJECT.search(text_value(mail.fields, "Subject")))
    return bool(original) and named and bool(_SAYS_SO.search(text[:_LOOKS_AT]))


def _from_report(mail: Part, fields: Fields) -> Complaint:
    original = returned_fields(mail)
    stated = addresses([*raw_values(fields, "Original-Rcpt-To"), *raw_values(fields, "Removal-Recipient")])
    guessed = (addresses(raw_values(original, name)) for name in _ORIGINAL_RECIPIENT)
    recipient = next((found[0] for found in (stated, *guessed) if found), "")
    return Complaint(
        feedback_type=(raw_value(fields, "Feedback-Type").lower() or "abuse")[:_LONGEST],
        recipient=recipient,
        message_id=next(iter(message_ids(original, "Message-ID")), ""),
    )
