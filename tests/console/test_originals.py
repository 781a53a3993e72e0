"""The original of a message: for who may see it, for one view, and always in the audit log."""

import re
from dataclasses import dataclass
from html import unescape

import pytest
from sqlalchemy import select

from accounts import audit
from accounts.permissions import Role
from runtime.database import transaction
from tests.console.desk import Member, escalated, member
from tests.console.test_ticket import page_of
from tickets.contracts import Channel
from tickets.models import Message

CARD = "4111 1111 1111 1111"
OTHER_CARD = "5500 0000 0000 0004"


@dataclass(frozen=True)
class Sealed:
    """A ticket whose first message names cards."""

    public_id: str
    message_id: int

    @property
    def address(self) -> str:
        return f"/console/messages/{self.message_id}/original"


@pytest.fixture
def sealed(database: str) -> Sealed:
    public_id = escalated(
        channel=Channel.MAIL,
        subject=f"Card {CARD}",
        text=f"My card is {CARD}, not [CREDIT_CARD 7].",
        quoted_text=f"> was it {OTHER_CARD}?",
    )
    with transaction() as session:
        return Sealed(public_id, session.scalars(select(Message.id)).one())


@pytest.fixture
def lea(sealed: Sealed) -> Member:
    return member("Lea Keller", role=Role.MANAGER)


def entries() -> list[tuple[str, str, str, dict[str, object]]]:
    with transaction() as session:
        return [(one.action, one.actor, one.target, one.data) for one in audit.entries(session)]


def test_the_page_shows_chips_and_never_the_original(lea: Member, sealed: Sealed) -> None:
    page = page_of(lea, sealed.public_id)
    assert CARD not in page
    assert OTHER_CARD not in page
    assert page.count('class="seal"') == 3  # In the subject, the text and the quoted text.
    assert "not [CREDIT_CARD 7]." in page
    assert f'action="{sealed.address}#message-1"' in page
    assert entries() == []


def test_the_original_is_shown_for_one_view_with_an_audit_entry(lea: Member, sealed: Sealed) -> None:
    response = lea.post(sealed.address, seen_seq=1)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    page = response.text
    assert f"My card is {CARD}, not [CREDIT_CARD 7]." in page
    assert f"was it {OTHER_CARD}?" in unescape(page)
    assert f"Card {CARD}" in page
    assert "The audit log keeps that you looked." in page
    assert entries() == [
        ("original.viewed", lea.public_id, f"message:{sealed.message_id}", {"kinds": ["CREDIT_CARD"]})
    ]
    assert CARD not in page_of(lea, sealed.public_id)
    assert CARD not in lea.client.get(f"/console/tickets/{sealed.public_id}/conversation").text


def test_a_script_gets_the_message_alone(lea: Member, sealed: Sealed) -> None:
    response = lea.client.post(
        sealed.address, data={"csrf": lea.csrf, "seen_seq": 0}, headers={"HX-Request": "true"}
    )
    assert response.headers["cache-control"] == "no-store"
    assert response.text.lstrip().startswith(
        '<li class="message message-customer message-new" id="message-1">'
    )
    assert CARD in response.text
    assert "<html" not in response.text
    assert len(entries()) == 1


@pytest.mark.parametrize("role", [Role.AGENT, Role.READONLY])
def test_who_may_not_see_it_is_refused_and_that_is_kept(sealed: Sealed, role: Role) -> None:
    anna = member(role=role)
    page = page_of(anna, sealed.public_id)
    assert "Show the original" not in page
    assert re.search(r'class="seal" title="[^"]*the role admin or manager may see it', page)
    response = anna.post(sealed.address)
    assert response.status_code == 403
    assert CARD not in response.text
    assert entries() == [("original.refused", anna.public_id, f"message:{sealed.message_id}", {})]


def test_a_form_from_elsewhere_opens_nothing(lea: Member, sealed: Sealed) -> None:
    response = lea.client.post(sealed.address, data={"csrf": "0" * 64})
    assert response.status_code == 403
    assert CARD not in response.text
    assert entries() == []


def test_going_to_its_address_leads_to_the_ticket_and_shows_nothing(lea: Member, sealed: Sealed) -> None:
    for address in (sealed.address, sealed.address.removesuffix("/original")):
        response = lea.client.get(address, follow_redirects=False)
        assert response.headers["location"] == f"/console/tickets/{sealed.public_id}#message-1"
    assert entries() == []


@pytest.mark.parametrize(("message_id", "status"), [(999, 404), (0, 422), (2**63, 422)])
def test_a_message_that_is_not_there_is_a_page_that_says_so(
    lea: Member, message_id: int, status: int
) -> None:
    response = lea.post(f"/console/messages/{message_id}/original")
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert entries() == []


def test_the_original_is_escaped(lea: Member) -> None:
    evil = "<script>alert(1)</script>"
    escalated(text=f"{evil} {CARD} {evil}", identity="mallory@example.com")
    with transaction() as session:
        message_id = session.scalars(select(Message.id).order_by(Message.id.desc())).first()
    page = lea.post(f"/console/messages/{message_id}/original").text
    assert f"&lt;script&gt;alert(1)&lt;/script&gt; {CARD}" in page
    assert "<script>alert" not in page


def test_values_of_the_vault_are_escaped(lea: Member) -> None:
    evil = 'pa"><script>alert(1)</script>'
    escalated(text=f"My password is: {evil}", identity="mallory@example.com")
    with transaction() as session:
        message_id = session.scalars(select(Message.id).order_by(Message.id.desc())).first()
    page = lea.post(f"/console/messages/{message_id}/original").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
