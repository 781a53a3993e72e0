"""What the conversation shows beyond texts: notices, files, who is in copy, and that none of it is believed."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from ingestion import intake
from runtime.database import transaction
from tests.console.desk import Member, escalated, member
from tests.console.test_ticket import EVIL, editor, page_of
from tests.samples import a_message
from tickets import lifecycle
from tickets.contracts import Channel, FileContent, MailHeaders
from tickets.models import Ticket

FIRST = MailHeaders("first@customers.example.com")
PIXEL = b"\x89PNG\r\n\x1a\n" + b"pixels"


@pytest.fixture
def anna(database: str) -> Member:
    return member()


def mail_ticket(**message: Any) -> str:
    return escalated(channel=Channel.MAIL, mail=FIRST, **message)


def notice(automatic: str = "", **message: object) -> None:
    """A mail that answers the first one and is owed no answer."""
    headers = MailHeaders("notice@mx.example.com", in_reply_to=FIRST.message_id)
    values = {"channel": Channel.MAIL, "mail": headers, "automatic": automatic} | message
    with transaction() as session:
        if automatic:  # Which machines get onto a ticket is decided by the intake; here they have.
            lifecycle.append_notice(session, a_message(**values), session.scalars(select(Ticket.id)).one())
        else:
            intake.receive(session, a_message(**values))


def shown(page: str, number: int) -> str:
    """One message of the page, counted from 1."""
    conversation = page[: page.index('aria-label="Answer"')]
    return conversation.split('<li class="message')[number]


@pytest.mark.parametrize(
    ("automatic", "words"),
    [
        ("auto_reply", "Automatic reply from Carol"),
        ("bounce", "Delivery problem: Carol reports"),
        ("complaint", "Reported as unwanted: Carol writes"),
        ("mailing_list", "Mailing list: Carol wrote"),
        ("own_mail", "Our own address: Carol wrote"),
        ("no_reply", "Takes no answers: Carol wrote"),
        ("something_new", "Automatic message from Carol"),
    ],
)
def test_what_a_machine_wrote_is_one_muted_line_that_opens(anna: Member, automatic: str, words: str) -> None:
    public_id = mail_ticket()
    notice(automatic, name="Carol", text="I am away.")
    one = shown(page_of(anna, public_id), 2)
    assert one.startswith(' message-notice" id="message-2"')
    assert words in " ".join(re.sub(r"<[^>]+>", "", one).split())
    assert "<details>" in one
    assert "I am away." in one


def test_what_somebody_in_copy_wrote_is_open(anna: Member) -> None:
    public_id = mail_ticket(copied=("bob@example.com",))
    notice(identity="bob@example.com", name="Bob", text="I paid it.")
    page = page_of(anna, public_id)
    one = shown(page, 2)
    assert "message-person" in one
    assert "<details open>" in one
    assert "In copy: Bob wrote" in " ".join(re.sub(r"<[^>]+>", "", one).split())
    # Why staff have it, and by when, stays as it was.
    assert "The customer asks to speak to a person." in page


def test_a_notice_is_never_offered_as_a_text_to_send(anna: Member) -> None:
    public_id = mail_ticket(decision={"draft": "The draft."})
    notice("auto_reply", text="I am away.")
    page = page_of(anna, public_id, "?reuse=2")
    assert editor(page) == "The draft."
    assert "reuse=2" not in page


def test_a_message_lists_its_files(anna: Member) -> None:
    files = (
        FileContent("photo.png", "image/png", PIXEL),
        FileContent("terms.txt", "text/plain", b"x" * 2048),
        FileContent("setup.exe", "application/octet-stream", b"MZ" + bytes(98)),
    )
    one = shown(page_of(anna, escalated(attachments=files)), 1)
    assert re.search(
        r'<img src="/console/files/FILE-\w+\?inline=1".*?href="/console/files/FILE-\w+" download>'
        r"<bdi>photo.png</bdi></a> <span class=\"hint\">14 bytes · PNG image<",
        one,
        re.DOTALL,
    )
    assert "2 KB · text" in one
    assert "100 bytes · not kept: a program" in one
    assert one.count("<img") == 1
    assert one.count(" download>") == 2


def test_a_mail_says_who_was_in_copy_and_where_answers_go(anna: Member) -> None:
    page = page_of(anna, mail_ticket(copied=("bob@example.com",), reply_to="office@example.com"))
    words = " ".join(re.sub(r"<[^>]+>", "", shown(page, 1)).split())
    assert "Answers go to: office@example.com In copy: bob@example.com" in words
    form = re.sub(r"<[^>]+>", "", page[page.index('action="/console/tickets/') :])
    assert "To office@example.com (where the customer wants answers)" in " ".join(form.split())


def test_more_than_three_in_copy_are_folded(anna: Member) -> None:
    copied = tuple(f"{name}@example.com" for name in ("bob", "carol", "dave", "erin", "frank"))
    one = shown(page_of(anna, mail_ticket(copied=copied)), 1)
    assert re.search(r"<summary>.*dave@example\.com</bdi> and 2 more</summary><bdi>erin@", one)


def test_files_names_and_notices_are_escaped_wherever_they_are_shown(anna: Member) -> None:
    file = FileContent(EVIL.replace("/", ""), EVIL, PIXEL)
    refused = FileContent(EVIL.replace("/", "") + ".exe", EVIL, b"MZ" + bytes(98))
    public_id = mail_ticket(
        text=f"{EVIL} 4111 1111 1111 1111 {EVIL}",
        quoted_text=f"{EVIL} 5500 0000 0000 0004",
        subject=f"{EVIL} 4111 1111 1111 1111",
        copied=(f"{EVIL}@example.com", *(f"{number}{EVIL}@example.com" for number in range(4))),
        reply_to=f"{EVIL}@example.com",
        attachments=(file, refused),
    )
    notice("auto_reply", name=EVIL, text=EVIL, quoted_text=EVIL)
    notice(f"bounce{EVIL}", name=EVIL, text=EVIL, external_id="2", attachments=(file,))
    for address in (f"/console/tickets/{public_id}", f"/console/tickets/{public_id}/conversation?seen_seq=0"):
        html = anna.client.get(address).text.replace("&#39;", "'")
        assert html.count("&lt;script&gt;") >= 10
        assert not re.search(r"<script>|<img src=x|<img src=\"x", html), address
        assert 'onerror=alert(1)"' not in html
