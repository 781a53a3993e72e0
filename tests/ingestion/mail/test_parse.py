import base64
import dataclasses
import random
from datetime import UTC, datetime

import pytest

from ingestion.mail.kinds import MailKind
from ingestion.mail.parse import parse, to_incoming
from runtime.errors import InvalidInput
from tests.ingestion.mail.letters import DESK, a_mail, with_parts
from tickets.contracts import Channel, FileContent, MailHeaders


def test_a_mail_becomes_its_parts() -> None:
    raw = a_mail(
        "Where is it?\n\nOn Mon, 9 Nov 2026, Support wrote:\n> Two days.",
        Message_ID="<new@example.org>",
        In_Reply_To="<sent@example.com>",
        References="<first@example.org>\r\n <sent@example.com>",
        Subject="=?utf-8?q?Re=3A_Gr=C3=B6=C3=9Fe?=",
    )
    parsed = parse(raw, mailbox=DESK)
    assert (parsed.sender, parsed.sender_name) == ("alice@example.org", "Alice Miller")
    assert parsed.subject == "Re: Größe"
    assert parsed.message_id == "new@example.org"
    assert parsed.in_reply_to == "sent@example.com"
    assert parsed.references == ("first@example.org", "sent@example.com")
    assert parsed.date == datetime(2026, 11, 10, 9, tzinfo=UTC)
    assert parsed.text == "Where is it?"
    assert parsed.quoted_text.endswith("> Two days.")
    assert parsed.kind is MailKind.MESSAGE


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "no mail"),
        (b"\x00\x01\x02", "no mail"),
        (b"just some words\n\nand more", "no mail"),
    ],
)
def test_what_is_no_mail_is_refused_by_name(raw: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        parse(raw, mailbox=DESK)


@pytest.mark.parametrize("sender", ["", "Alice", "<>", "undisclosed-recipients:;"])
def test_a_mail_of_nobody_is_read_and_cannot_be_taken_in(sender: str) -> None:
    parsed = parse(a_mail("Hello", From=sender), mailbox=DESK)
    assert (parsed.sender, parsed.text, parsed.answerable) == ("", "Hello", False)
    assert "no sender" in parsed.defects
    with pytest.raises(InvalidInput, match="no From address"):
        to_incoming(parsed)


def test_who_else_reads_it_and_where_the_answer_goes_is_known() -> None:
    raw = a_mail(
        To=f"Desk <support+t1@example.com>, bob@example.net, {DESK}",
        Cc="Carol <carol@example.net>, alice@example.org",
        Reply_To="Alice <alice@home.example>",
    )
    parsed = parse(raw, mailboxes=["sales@example.com", DESK])
    assert parsed.copied == ("bob@example.net", "carol@example.net")
    assert parsed.reply_to == "alice@home.example"
    assert (parsed.desk_address, parsed.plus_token) == (DESK, "t1")
    incoming = to_incoming(parsed)
    assert (incoming.copied, incoming.reply_to, incoming.desk_address) == (
        parsed.copied, "alice@home.example", DESK,
    )  # fmt: skip
    assert incoming.mail is not None
    assert incoming.mail.token == "t1"


@pytest.mark.parametrize(
    "value", ["alice@example.org", f"Desk <{DESK}>", "support+x@example.com", "nobody", ""]
)
def test_a_reply_address_that_is_the_sender_or_the_desk_is_none(value: str) -> None:
    assert parse(a_mail(Reply_To=value), mailbox=DESK).reply_to == ""


def test_outlooks_thread_index_names_the_conversation() -> None:
    conversation = bytes(range(22))
    first = base64.b64encode(conversation).decode()
    reply = base64.b64encode(conversation + b"\x01\x02\x03\x04\x05").decode()
    assert parse(a_mail(Thread_Index=first), mailbox=DESK).thread_index == conversation.hex()
    parsed = parse(a_mail(Thread_Index=reply), mailbox=DESK)
    assert parsed.thread_index == conversation.hex()
    incoming = to_incoming(parsed)
    assert incoming.mail is not None
    assert incoming.mail.thread_index == conversation.hex()
    for broken in ("", "abc", "!!!!", base64.b64encode(b"short").decode()):
        assert parse(a_mail(Thread_Index=broken), mailbox=DESK).thread_index == ""


def test_the_signature_is_known() -> None:
    parsed = parse(a_mail("Where is it?\n\n-- \nAlice Miller\nMain Street 1"), mailbox=DESK)
    assert parsed.text == "Where is it?"
    assert "Main Street 1" in parsed.signature
    assert "Main Street 1" in parsed.quoted_text


def test_a_mail_without_an_id_gets_the_same_one_each_time() -> None:
    raw = a_mail(Message_ID="")
    first, second = parse(raw, mailbox=DESK), parse(raw, mailbox=DESK)
    assert first.message_id == second.message_id
    assert first.message_id.endswith("@no-message-id.invalid")
    assert parse(a_mail("other", Message_ID=""), mailbox=DESK).message_id != first.message_id


def test_a_mail_without_text_has_an_empty_text() -> None:
    image = "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\naGVsbG8="
    parsed = parse(with_parts("mixed", image), mailbox=DESK)
    assert parsed.text == ""
    assert parsed.attachments[0].type == "image/png"


def test_a_mail_that_forwards_another_as_an_attachment_is_read() -> None:
    inner = "Content-Type: message/rfc822\n\nFrom: Bob <bob@example.net>\nSubject: Shoes\n\nMy shoes broke."
    assert "My shoes broke." in parse(with_parts("mixed", inner), mailbox=DESK).text


def test_intake_gets_what_it_needs() -> None:
    parsed = parse(a_mail("Hello", Message_ID="<m@example.org>", In_Reply_To="<s@example.com>"), mailbox=DESK)
    incoming = to_incoming(parsed)
    assert incoming.channel is Channel.MAIL
    assert incoming.external_id == "m@example.org"
    assert incoming.identity == "alice@example.org"
    assert incoming.mail == MailHeaders("m@example.org", "s@example.com", ())
    assert (incoming.text, incoming.subject, incoming.name) == ("Hello", "Delivery", "Alice Miller")
    assert incoming.automatic == ""
    assert incoming.failure is None


def test_intake_gets_the_files() -> None:
    image = "Content-Type: image/png; name=shoe.png\nContent-ID: <a@b>\n\nPNG"
    incoming = to_incoming(parse(with_parts("mixed", "Content-Type: text/plain\n\nHi", image), mailbox=DESK))
    assert incoming.attachments == (FileContent("shoe.png", "image/png", b"PNG", inline=True),)


def test_one_id_on_two_mails_is_the_same_message_only_with_the_same_sender_and_date() -> None:
    parsed = parse(a_mail(Message_ID="<m@example.org>"), mailbox=DESK)
    relayed = dataclasses.replace(parsed, subject="[ext] Delivery", text="Hello\n-- \nvirus-free")
    later = dataclasses.replace(parsed, date=datetime(2026, 11, 11, tzinfo=UTC))
    assert to_incoming(parsed).fingerprint == to_incoming(relayed).fingerprint
    assert to_incoming(parsed).fingerprint != to_incoming(later).fingerprint


def _readable(raw: bytes) -> str | None:
    """The text; None when the mail was refused. Whatever is read can be stored."""
    try:
        incoming = to_incoming(parse(raw, mailbox=DESK))
    except InvalidInput:
        return None
    for text in (
        incoming.text,
        incoming.quoted_text,
        incoming.subject,
        incoming.name,
        *(one.name for one in incoming.attachments),
        *incoming.copied,
    ):
        text.encode()
        assert "\x00" not in text
    return incoming.text


def test_a_mail_broken_at_random_is_read_or_refused() -> None:
    chance = random.Random(20261110)
    pieces = [
        b"=?utf-8?b?", b"?=", b"\x00", b"\xff\xfe", b"charset=undefined", b"charset*0*=x'y'z", b'; boundary="', b"<",
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n", b"filename*=utf-8''%FF%00", b"\r", b"From: ", b"@",
        b"Content-Transfer-Encoding: base64\n", b"charset=utf-7\n\n+2AA-", b"charset=utf-16", b"message/rfc822\n\n",
    ]  # fmt: skip
    html = "Content-Type: text/html; charset=utf-8\n\n<p>words <b>and</b> more</p>"
    whole = [a_mail("Grüße\n> x\n-- \nme"), with_parts("alternative", "Content-Type: text/plain\n\nhi", html)]
    for _ in range(1_500):
        raw = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(raw) + 1)
            raw[at : at + chance.choice((0, 0, 1, 30))] = chance.choice(pieces)
        _readable(bytes(raw))
