import pytest

from ingestion.mail.complaints import Complaint
from ingestion.mail.kinds import MailKind
from ingestion.mail.parse import parse, to_incoming
from tests.ingestion.mail.letters import DESK, a_mail, with_parts

_WORDS = "Content-Type: text/plain\n\nThis is an email abuse report for a message received from 192.0.2.1"
_REPORT = (
    "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: X/1\n"
    "Original-Rcpt-To: <alice@example.org>\n"
)
_OURS = (
    f"Content-Type: message/rfc822\n\nFrom: {DESK}\nTo: alice@example.org\nMessage-ID: <r1@example.com>\n\nHi"
)


def _report(*parts: str, **headers: str) -> bytes:
    return with_parts("report; report-type=feedback-report", *parts, From="fbl@isp.example", **headers)


def test_a_feedback_report_names_the_mail_and_who_complained() -> None:
    parsed = parse(_report(_WORDS, _REPORT, _OURS), mailbox=DESK)
    assert parsed.kind is MailKind.COMPLAINT
    assert not parsed.answerable
    assert parsed.complaint == Complaint("abuse", "alice@example.org", "r1@example.com")
    incoming = to_incoming(parsed)
    assert incoming.automatic == "complaint"
    assert incoming.mail is not None
    assert incoming.mail.in_reply_to == "r1@example.com"  # It is found on the ticket of that mail.


def test_a_report_without_its_machine_part_is_still_a_complaint() -> None:
    parsed = parse(_report(_WORDS, _OURS), mailbox=DESK)
    assert parsed.complaint == Complaint("abuse", "alice@example.org", "r1@example.com")


def test_a_provider_form_of_its_own_is_known_by_what_it_brings_back() -> None:
    ours = _OURS.replace("\n\nFrom", "\n\nX-HmXmrOriginalRecipient: alice@example.org\nFrom", 1)
    raw = with_parts(
        "mixed", ours, From="staff@isp.example", Subject="complaint about message from 192.0.2.1"
    )
    assert parse(raw, mailbox=DESK).kind is MailKind.COMPLAINT
    raw = with_parts("mixed", _WORDS, _OURS, From="fbl@isp.example", Subject="Abuse report")
    assert parse(raw, mailbox=DESK).kind is MailKind.COMPLAINT


def test_a_report_that_was_run_together_into_one_text_is_a_complaint() -> None:
    text = "Feedback-Type: abuse\nVersion: 1\nUser-Agent: X/1\nSource-IP: 192.0.2.1\n"
    assert parse(a_mail(text, From="fbl@isp.example"), mailbox=DESK).kind is MailKind.COMPLAINT
    assert parse(a_mail("Feedback-Type: none\nI like your shop"), mailbox=DESK).answerable


def test_the_button_of_a_mail_program_is_a_wish_to_hear_no_more() -> None:
    raw = a_mail("Sent to unsubscribe.", Subject="unsubscribe", Auto_Submitted="auto-replied")
    assert parse(raw, mailbox=DESK).complaint == Complaint("opt-out", "alice@example.org", "")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Complaint about my order", "I want to report abuse by your driver. This is spam!"),
        ("unsubscribe", "Please take me off the list"),
        ("Abuse report", "Somebody uses your shop to send spam."),
    ],
)
def test_a_customer_who_complains_is_a_customer(subject: str, text: str) -> None:
    parsed = parse(a_mail(text, Subject=subject), mailbox=DESK)
    assert parsed.kind is MailKind.MESSAGE
    assert parsed.answerable
