import pytest

from ingestion.mail.bounces import Failure
from ingestion.mail.kinds import MailKind
from ingestion.mail.parse import ParsedMail, parse, to_incoming
from tests.ingestion.mail.letters import DESK, a_mail, with_parts
from tickets.contracts import FailedDelivery

_SYSTEM = "Mail Delivery System <MAILER-DAEMON@mx.example.net>"
_WORDS = "Content-Type: text/plain\n\nYour message could not be delivered."
_STATUS = (
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
    "Final-Recipient: rfc822; carol@example.net\nAction: delivered\nStatus: 2.0.0\n\n"
    "Original-Recipient: rfc822;bob@example.net\nFinal-Recipient: rfc822; bob.b@inner.example.net\n"
    "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such\n user\n"
)
_RETURNED = (
    f"Content-Type: message/rfc822\n\nFrom: {DESK}\nTo: bob@example.net\nMessage-ID: <r1@example.com>\n\nHi"
)


def _parsed(raw: bytes) -> ParsedMail:
    parsed = parse(raw, mailbox=DESK)
    assert parsed.kind is MailKind.BOUNCE
    assert not parsed.answerable
    return parsed


def _failure(raw: bytes) -> Failure:
    failure = _parsed(raw).failure
    assert failure is not None
    return failure


def test_a_delivery_report_says_which_mail_failed_for_whom_and_why() -> None:
    parsed = _parsed(
        with_parts("report; report-type=delivery-status", _WORDS, _STATUS, _RETURNED, From=_SYSTEM)
    )
    assert parsed.failure == Failure(
        recipient="bob@example.net",
        status="5.1.1",
        action="failed",
        diagnostic="smtp; 550 5.1.1 no such user",
        message_id="r1@example.com",
    )
    assert parsed.text == "Your message could not be delivered."
    assert to_incoming(parsed).failure == FailedDelivery(
        "r1@example.com", "bob@example.net", "5.1.1", final=True
    )


def test_a_delay_is_not_final() -> None:
    status = _STATUS.replace("failed", "delayed").replace("5.1.1", "4.4.1")
    report = ("report; report-type=delivery-status", _WORDS, status, _RETURNED)
    assert to_incoming(_parsed(with_parts(*report))).failure is None, "a person says so"
    parsed = _parsed(with_parts(*report, From="MAILER-DAEMON@mx.example.net"))
    assert to_incoming(parsed).failure == FailedDelivery(
        "r1@example.com", "bob@example.net", "4.4.1", final=False
    )


def test_headers_alone_are_enough_to_find_the_mail() -> None:
    headers = "Content-Type: text/rfc822-headers\n\nTo: bob@example.net\nMessage-ID: <r2@example.com>\n"
    assert _failure(with_parts("report", _WORDS, _STATUS, headers)).message_id == "r2@example.com"


def test_a_report_whose_own_code_says_nothing_is_read_by_its_words() -> None:
    status = "Content-Type: message/delivery-status\n\nx: y\n\nFinal-Recipient: rfc822; bob@example.net\n" \
        "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 mailbox is full\n"  # fmt: skip
    assert _failure(with_parts("report", _WORDS, status)).status == "5.2.2"


_PROSE = {
    "qmail": (
        "Hi. This is the mail program at mx.example.net.\nI'm afraid I wasn't able to deliver your message.\n\n"
        "<bob@example.net>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 User unknown\n\n"
        "--- Below this line is a copy of the message.\n\n"
    ),
    "exim": (
        "A message that you sent could not be delivered to one or more of its\nrecipients. The following "
        "address(es) failed:\n\n  bob@example.net\n    SMTP error from remote mail server after RCPT "
        "TO:<bob@example.net>:\n    host mx.example.net [192.0.2.1]: 550 5.1.1 unknown user\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\n"
    ),
    "sendmail": (
        "   ----- The following addresses had permanent fatal errors -----\n<bob@example.net>\n"
        "    (reason: 550 5.1.1 <bob@example.net>... User unknown)\n\n   ----- Original message follows -----\n\n"
    ),
    "exchange": (
        "Your message did not reach some or all of the intended recipients.\n\nThe following recipient(s) could not "
        "be reached:\n\n      bob@example.net on 10.11.2026 10:00\n            The e-mail account does not exist\n\n"
        "Original message headers:\n\n"
    ),
}


@pytest.mark.parametrize("server", _PROSE)
def test_prose_is_read_where_there_is_no_report(server: str) -> None:
    returned = f"From: {DESK}\nTo: bob@example.net\nMessage-ID: <r3@example.com>\nSubject: Re: Delivery\n\nHi"
    raw = a_mail(_PROSE[server] + returned, From=_SYSTEM, Subject="Delivery failed", To=DESK)
    failure = _failure(raw)
    assert (failure.recipient, failure.status, failure.action) == ("bob@example.net", "5.1.1", "failed")
    assert failure.message_id == "r3@example.com"
    assert failure.diagnostic


def test_the_field_with_the_failed_address_is_read() -> None:
    raw = a_mail("Sorry.", X_Failed_Recipients="bob@example.net, carol@example.net", Subject="Sorry")
    assert _failure(raw).recipient == "bob@example.net"
    assert _failure(raw).status == "5.0.0"


def test_a_server_is_known_by_its_words_when_it_hides_its_name() -> None:
    words = "Delivery failed for bob@example.net: 550 5.1.1 user unknown\nRCPT TO:<bob@example.net>"
    _parsed(a_mail(words, From="System <no-reply@mx.example.net>", Subject="Notice"))
    _parsed(a_mail(words, From="postmaster@mx.example.net", Subject="Notice"))


_QUOTED = (
    "> 550 5.1.1 user unknown\n> Final-Recipient: rfc822; bob@example.net\n> Action: failed\n> Status: 5.1.1"
)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Delivery failed", "My parcel could not be delivered to the recipient. What now?"),
        ("Failed delivery of my order", "The driver says: no such person, returned to sender. Where is it?"),
        (
            "Fwd: Undelivered Mail Returned to Sender",
            f"I cannot reach you, see below. Can you help?\n\n{_QUOTED}",
        ),
        ("Error 550 in your app", "I get error 550 5.1.1 when I log in: user unknown."),
    ],
)
def test_a_customer_who_writes_of_failed_deliveries_is_a_customer(subject: str, text: str) -> None:
    parsed = parse(a_mail(text, Subject=subject), mailbox=DESK)
    assert parsed.kind is MailKind.MESSAGE
    assert parsed.answerable


def test_a_bounce_attached_to_a_question_is_a_question() -> None:
    inner = "Content-Type: message/rfc822\n\n" + with_parts("report", _WORDS, _STATUS, boundary="in").decode()
    question = "Content-Type: text/plain\n\nI got this when I wrote to you. What does it mean?"
    assert parse(with_parts("mixed", question, inner), mailbox=DESK).answerable


def test_a_report_that_is_only_passed_on_asks_nothing() -> None:
    _parsed(a_mail(f"FYI\n\nBegin forwarded message:\n\n{_QUOTED}", Subject="Fwd: Returned mail"))
