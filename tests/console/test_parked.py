"""The parked mails: seen, received after all, or dropped by those who work on tickets."""

import re

import pytest
from fastapi import FastAPI

from accounts.permissions import Role
from tests.console.desk import Member, console_app, member
from tests.console.parked_mails import ParkedMails, a_mail
from tests.console.test_ticket import EVIL


@pytest.fixture
def mails() -> ParkedMails:
    return ParkedMails()


@pytest.fixture
def app(database: str, mails: ParkedMails) -> FastAPI:
    return console_app(mails)


@pytest.fixture
def anna(app: FastAPI) -> Member:
    return member(app=app)


def read(who: Member, address: str) -> str:
    response = who.client.get(address)
    assert response.status_code == 200
    return str(response.text)


def test_the_navigation_leads_there_when_there_are_any(anna: Member, mails: ParkedMails) -> None:
    assert 'href="/console/parked"' not in read(anna, "/console/queue")
    mails.put(a_mail(1))
    mails.put(a_mail(2))
    link = re.compile(r'href="/console/parked">.*?Parked mails</span> <span class="count">2<', re.DOTALL)
    for address in ("/console/queue", "/console/queue/views", "/console/queue/list"):
        assert link.search(read(anna, address)), address


def test_the_list_says_who_wrote_what_and_why_it_waits(anna: Member, mails: ParkedMails) -> None:
    mails.put(a_mail(7))
    page = read(anna, "/console/parked")
    for text in ("Alice &lt;alice@example.com&gt;", "The mail has no From address.", "support", "14:05 UTC"):
        assert text in page
    assert re.search(r'href="/console/parked/7"><bdi>Where is it\?', page)


def test_an_empty_list_says_so(anna: Member) -> None:
    assert "Every mail that came in was received." in read(anna, "/console/parked")


def test_a_mail_is_shown_with_its_headers_and_text(anna: Member, mails: ParkedMails) -> None:
    mails.put(a_mail(), text="Where is my lamp?")
    page = read(anna, "/console/parked/1")
    assert "Where is my lamp?" in page
    assert "<dt>From</dt><dd><bdi>Alice &lt;alice@example.com&gt;" in page
    assert "It is taken as a new message" not in page


def test_a_mail_is_received_and_its_ticket_opens(anna: Member, mails: ParkedMails) -> None:
    mails.put(a_mail())
    response = anna.post("/console/parked/1/receive")
    assert response.headers["location"] == "/console/tickets/TKT-20261103-ABCDEFGH"
    assert mails.tried == [(1, False)]


def test_a_machines_mail_is_forced_and_the_page_says_what_that_does(anna: Member, mails: ParkedMails) -> None:
    mails.put(a_mail(), automatic="mailing_list")
    page = read(anna, "/console/parked/1")
    assert "A machine seems to have written it (mailing list)." in page
    assert "it gets a ticket and the AI may answer its sender" in page
    assert page.count('action="/console/parked/1/receive"') == 1
    assert 'name="force" value="1"' in page
    anna.post("/console/parked/1/receive", force=1)
    assert mails.tried == [(1, True)]


def test_a_mail_that_waits_still_says_why_and_can_be_forced(anna: Member, mails: ParkedMails) -> None:
    mails.ticket, mails.forced_ticket = "", "TKT-20261103-ABCDEFGH"
    mails.put(a_mail(reason="Another mail had the same Message-ID."))
    location = anna.post("/console/parked/1/receive").headers["location"]
    page = read(anna, location)
    assert "It was tried again and still waits: <bdi>Another mail had the same Message-ID." in page
    assert "Receive it all the same" in page
    assert (
        anna.post("/console/parked/1/receive", force=1).headers["location"].endswith("TKT-20261103-ABCDEFGH")
    )


def test_dropping_asks_twice_and_is_for_good(anna: Member, mails: ParkedMails) -> None:
    mails.put(a_mail())
    page = read(anna, "/console/parked/1")
    assert re.search(r"<details class=\"confirm\"><summary.*?Drop it for good.*?</details>", page, re.DOTALL)
    response = anna.post("/console/parked/1/drop")
    assert "Dropped for good." in read(anna, response.headers["location"])
    assert mails.mails == {}
    assert anna.client.get("/console/parked/1").status_code == 404
    assert anna.post("/console/parked/1/drop").status_code == 404


def test_dangerous_data_stays_sealed_although_intake_never_saw_it(anna: Member, mails: ParkedMails) -> None:
    card = "4111 1111 1111 1111"
    mails.put(a_mail(subject=f"Card {card}"), text=f"My card is {card}.")
    for address in ("/console/parked", "/console/parked/1"):
        page = read(anna, address)
        assert card not in page
        assert "[CREDIT_CARD 1]" in page
    assert "Card number 1</span>." in page


def test_everything_in_a_mail_is_escaped(anna: Member, mails: ParkedMails) -> None:
    mails.put(a_mail(sender=EVIL, subject=EVIL, reason=EVIL, mailbox=EVIL), text=EVIL, automatic=EVIL)
    for address in ("/console/parked", "/console/parked/1", "/console/parked/1?tried=1"):
        html = read(anna, address)
        assert "&lt;script&gt;" in html
        assert not re.search(r"<script>|<img src=x", html), address


def test_a_very_long_text_is_cut(anna: Member, mails: ParkedMails) -> None:
    mails.put(a_mail(), text="long " * 20_000)
    page = read(anna, "/console/parked/1")
    assert "Only its beginning is shown." in page
    assert len(page) < 80_000


@pytest.mark.parametrize("action", ["receive", "drop"])
def test_no_form_is_taken_without_its_token(anna: Member, mails: ParkedMails, action: str) -> None:
    mails.put(a_mail())
    assert anna.client.post(f"/console/parked/1/{action}", data={"csrf": "0" * 64}).status_code == 403
    assert (len(mails.mails), mails.tried) == (1, [])


def test_who_may_only_read_sees_nothing_of_it(app: FastAPI, mails: ParkedMails) -> None:
    rita = member("Dave", role=Role.READONLY, app=app)
    mails.put(a_mail())
    assert "/console/parked" not in read(rita, "/console/queue")
    for address in ("/console/parked", "/console/parked/1"):
        assert rita.client.get(address).status_code == 403
    for action in ("receive", "drop"):
        assert rita.post(f"/console/parked/1/{action}").status_code == 403
    assert (len(mails.mails), mails.tried) == (1, [])


def test_an_application_that_keeps_no_parked_mails_has_no_such_page(database: str) -> None:
    anna = member()
    assert anna.client.get("/console/parked").status_code == 404
    assert "/console/parked" not in read(anna, "/console/queue")
