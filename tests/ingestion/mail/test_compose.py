import dataclasses
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from ingestion.mail.compose import absolute, compose, reply_subject
from ingestion.mail.parse import parse
from runtime.errors import Permanent
from runtime.settings import settings
from tests.ingestion.mail.letters import DESK, an_outgoing
from tickets.deliveries import Outgoing
from tickets.mail_tokens import ticket_of

_LONG_ID = "AM0PR04MB" + "1234567890ABCDEF" * 8 + "@AM0PR04MB1234.eurprd04.prod.outlook.example.com"


def composed(outgoing: Outgoing) -> EmailMessage:
    return compose(outgoing, address=DESK, name="Support")


def _received(outgoing: Outgoing) -> EmailMessage:
    """The mail as the customer's program reads it."""
    return message_from_bytes(composed(outgoing).as_bytes(), policy=policy.default)


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_reply_has_the_headers_of_a_reply() -> None:
    mail = _received(an_outgoing(subject="Delivery"))
    assert mail["From"] == f"Support <{DESK}>"
    assert mail["To"] == "Alice Miller <alice@example.org>"
    assert mail["Subject"] == "Re: Delivery"
    assert mail["Message-ID"] == "<reply.deskfleet@example.com>"
    assert mail["In-Reply-To"] == "<second@example.org>"
    assert mail["References"] == "<first@example.org> <second@example.org>"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["X-Deskfleet-Ticket"] == "TKT-20261110-ABCDEFGH"
    assert mail["Date"]


def test_only_what_the_agent_wrote_says_that_a_machine_wrote_it() -> None:
    assert _received(an_outgoing(by_agent=True))["Auto-Submitted"] == "auto-replied"
    assert "Auto-Submitted" not in _received(an_outgoing(by_agent=False))


def test_our_own_reader_finds_the_thread_in_our_own_mail() -> None:
    raw = composed(an_outgoing(text="It takes two days.\n\nKind regards", by_agent=False)).as_bytes()
    parsed = parse(raw, mailbox="other@example.net")
    assert parsed.in_reply_to == "second@example.org"
    assert parsed.references == ("first@example.org", "second@example.org")
    assert parsed.text == "It takes two days.\n\nKind regards"


def test_ids_longer_than_a_line_are_not_encoded() -> None:
    raw = composed(an_outgoing(in_reply_to=_LONG_ID, references=(_LONG_ID,))).as_bytes()
    assert f"In-Reply-To: <{_LONG_ID}>\r\n".encode() in raw
    assert b"=?" not in raw.split(b"\r\n\r\n")[0]


def test_long_histories_keep_the_first_and_the_last_ten_references() -> None:
    ids = tuple(f"{number}@example.org" for number in range(40))
    found = str(_received(an_outgoing(references=ids, in_reply_to=ids[-1]))["References"]).split()
    assert found == ["<0@example.org>", *(f"<{number}@example.org>" for number in range(30, 40))]


@pytest.mark.parametrize(
    ("subject", "reply"),
    [
        ("Delivery", "Re: Delivery"),
        ("Re: Delivery", "Re: Delivery"),
        ("RE: Re: AW: Delivery", "Re: Delivery"),
        ("Re[2]: Delivery", "Re: Delivery"),
        ("Antw: Levering", "Re: Levering"),
        ("Regarding: x", "Re: Regarding: x"),
        ("", "Re: Your message"),
        ("Re:", "Re: Your message"),
        ("a\r\nBcc: thief@example.net", "Re: a Bcc: thief@example.net"),
    ],
)
def test_a_subject_gets_re_once(subject: str, reply: str) -> None:
    assert reply_subject(subject) == reply


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "x\r\nBcc: thief@example.net"},
        {"subject": "x\n\nbody"},
        {"to_name": "Alice\r\nBcc: thief@example.net"},
        {"to_name": "Alice\u2028Bcc: thief@example.net"},
        {"to_name": 'A" <thief@example.net>, "B'},
        {"ticket_public_id": "TKT\r\nBcc: thief@example.net"},
        {"in_reply_to": "a@b>\r\nBcc: thief@example.net"},
        {"references": ("a@b\r\nBcc: thief@example.net", "c@d> <e@f")},
    ],
)
def test_nobody_can_add_a_header_or_a_recipient(changes: dict[str, object]) -> None:
    mail = _received(dataclasses.replace(an_outgoing(), **changes))  # type: ignore[arg-type]  # fields of one test
    assert mail["Bcc"] is None
    assert [one.addr_spec for one in mail["To"].addresses] == ["alice@example.org"]
    assert "two days" in _part(mail, "plain")


@pytest.mark.parametrize("to", ["", "alice", "alice@example.org\r\nBcc: x@y", "a@b, c@d", "Alice <a@b>"])
def test_what_is_no_address_is_refused(to: str) -> None:
    with pytest.raises(Permanent, match="not a mail address"):
        composed(an_outgoing(to=to))


def test_a_message_without_its_id_is_never_sent() -> None:
    with pytest.raises(Permanent, match="Message-ID"):
        composed(an_outgoing(mail_id=""))


def test_html_is_escaped_and_has_paragraphs() -> None:
    html = _part(_received(an_outgoing(text="Use <b> & co.\nHere.\n\nBye")), "html")
    assert "<p>Use &lt;b&gt; &amp; co.<br>Here.</p>\n<p>Bye</p>" in html


def test_letters_of_all_languages_survive() -> None:
    outgoing = an_outgoing(
        subject="Größe 注文 " * 12, to_name="Ałice Ångström", text="Dzień dobry, 注文 – ok"
    )
    mail = _received(outgoing)
    assert mail["Subject"] == f"Re: {('Größe 注文 ' * 12).strip()}"
    assert mail["To"].addresses[0].display_name == "Ałice Ångström"
    assert "Dzień dobry, 注文 – ok" in _part(mail, "plain")
    assert composed(outgoing).as_bytes().isascii()


def test_sources_are_listed_once_with_absolute_addresses() -> None:
    citations: tuple[dict[str, object], ...] = (
        {"title": "Shipping", "url": "/help/shipping"},
        {"title": "Shipping", "url": "/help/shipping"},
        {"title": "Customs <EU>", "url": "https://example.net/customs?a=1&b=2"},
        {"title": "Bad", "url": "javascript:alert(1)"},
        {"title": "Answer of our team", "url": ""},
    )
    mail = _received(an_outgoing(citations=citations))
    plain, html = _part(mail, "plain"), _part(mail, "html")
    assert plain.count(f"- Shipping: {settings().public_url}/help/shipping") == 1
    assert f'<a href="{settings().public_url}/help/shipping">Shipping</a>' in html
    assert '<a href="https://example.net/customs?a=1&amp;b=2">Customs &lt;EU&gt;</a>' in html
    for hidden in ("javascript", "Bad", "Answer of our team"):
        assert hidden not in plain + html


def test_without_a_source_to_read_no_list_begins() -> None:
    mail = _received(an_outgoing(citations=({"title": "Answer of our team", "url": ""},)))
    assert "Sources:" not in _part(mail, "plain") + _part(mail, "html")


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "data:text/html,x", "//evil.example.net", " javascript:x"]
)
def test_what_is_no_web_address_becomes_no_link(url: str) -> None:
    assert absolute(url) == ""


def test_lines_stay_within_what_mail_servers_take() -> None:
    raw = composed(an_outgoing(text="word" * 1_000, references=(_LONG_ID,) * 3)).as_bytes()
    assert max(len(line) for line in raw.split(b"\r\n")) < 998


ASKED = {
    "answers_text": "How long does it take?",
    "answers_name": "Alice <Miller>",
    "answers_at": datetime(2026, 11, 10, 9, 0, tzinfo=UTC),
}


def test_what_is_answered_is_quoted_short() -> None:
    mail = _received(an_outgoing(**ASKED))
    heading = "Alice <Miller> · 2026-11-10 09:00 UTC:"
    assert _part(mail, "plain").endswith(f"{heading}\n> How long does it take?\n")
    assert "Alice &lt;Miller&gt;" in _part(mail, "html")
    assert "<blockquote>How long does it take?</blockquote>" in _part(mail, "html")


def test_a_long_history_is_not_repeated() -> None:
    lines = "\n".join(f"line {number}" for number in range(500))
    plain = _part(_received(an_outgoing(**ASKED | {"answers_text": lines})), "plain")
    assert "> line 9\n> […]\n" in plain
    assert "line 10" not in plain


def test_the_agent_writes_to_the_customer_alone_and_staff_to_those_in_copy_too() -> None:
    copied = ("Bob@example.com", "bob@example.com", DESK, "no address", "alice@example.org")
    by_agent = _received(an_outgoing(copied=copied, by_agent=True))
    assert "Cc" not in by_agent
    by_staff = _received(an_outgoing(copied=copied, by_agent=False))
    assert by_staff["Cc"] == "Bob@example.com"


def test_the_answer_goes_where_the_customer_wants_it() -> None:
    mail = _received(an_outgoing(reply_to="office@example.net"))
    assert mail["To"].addresses[0].addr_spec == "office@example.net"


def test_signed_tokens_find_the_ticket_when_they_are_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = _received(an_outgoing())
    assert "Reply-To" not in plain
    assert ticket_of(plain["Subject"]) is None
    monkeypatch.setenv("DESKFLEET_MAIL_PLUS_ADDRESSING", "1")
    monkeypatch.setenv("DESKFLEET_MAIL_SUBJECT_TOKEN", "1")
    settings.cache_clear()
    mail = _received(an_outgoing())
    again = _received(an_outgoing(subject=str(mail["Subject"])))
    monkeypatch.undo()
    settings.cache_clear()
    address = mail["Reply-To"].addresses[0].addr_spec
    assert address.startswith("support+t-20261110-abcdefgh-")
    assert ticket_of(address) == ticket_of(mail["Subject"]) == "TKT-20261110-ABCDEFGH"
    # The token is not repeated with every turn.
    assert again["Subject"] == mail["Subject"]
