"""One ticket's page: what it shows, and that nothing in it is believed."""

import re
from typing import Any

import pytest
from sqlalchemy import update

from accounts.permissions import Role
from runtime.database import transaction
from tests.console.desk import Member, escalated, member, receive
from tests.samples import a_decision, a_message, claimed_case
from tickets import deliveries, lifecycle, queries
from tickets.contracts import Channel, Citation, Judgement, MailHeaders, Priority, Reason
from tickets.models import Customer, Message

SOURCE = Citation(
    "shipping", 3, "Shipping times", "https://help.example.com/shipping", 1, "It takes 3 to 5 days."
)
EVIL = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def anna(database: str) -> Member:
    return member()


def page_of(anna: Member, public_id: str, query: str = "") -> str:
    response = anna.client.get(f"/console/tickets/{public_id}{query}")
    assert response.status_code == 200
    return str(response.text)


def editor(page: str) -> str:
    found = re.search(r'<textarea id="reply"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found
    return found[1]


def test_the_page_says_why_and_offers_the_draft_with_its_sources(anna: Member) -> None:
    public_id = escalated(
        Reason.HIGH_STAKES_ACTION, decision={"draft": "Dear Alice, …", "citations": (SOURCE,)}
    )
    page = page_of(anna, public_id)
    assert "The customer wants something that only a person may decide." in page
    assert editor(page) == "Dear Alice, …"
    assert "It takes 3 to 5 days." in page
    assert '<a href="https://help.example.com/shipping" rel="noopener noreferrer"' in page


def test_the_judgement_shows_what_the_model_said_and_cost(anna: Member) -> None:
    judgement = Judgement("billing_inquiry", Priority.HIGH, -0.7, "de", 0.83, "Was charged twice.")
    decision = {
        "judgement": judgement,
        "models": ("claude-sonnet-4-5",),
        "cost_usd": 0.0123,
        "processing_ms": 2140,
    }
    page = page_of(anna, escalated(decision=decision))
    for text in (
        "Billing inquiry",
        "High",
        "very negative (-0.70)",
        "83 %",
        "claude-sonnet-4-5",
        "0.0123 USD",
        "2140 ms",
    ):
        assert text in page


def test_the_customer_panel_names_identities_and_other_tickets(anna: Member) -> None:
    escalated(subject="An older matter")
    page = page_of(anna, escalated(subject="The present one", metadata={"order_id": "A-1"}))
    for text in ("alice@example.com", "An older matter", "Order id", "A-1", "CUST-"):
        assert text in page


def test_a_draft_that_a_newer_message_overtook_is_not_put_into_the_editor(anna: Member) -> None:
    headers = MailHeaders("first@customers.example.com")
    public_id = escalated(decision={"draft": "An old draft."}, channel=Channel.MAIL, mail=headers)
    answer = MailHeaders("second@customers.example.com", in_reply_to=headers.message_id)
    assert receive_more(public_id, mail=answer)
    page = page_of(anna, public_id)
    assert editor(page) == ""
    assert "It was written before the newest message." in page
    assert editor(page_of(anna, public_id, "?reuse=draft")) == "An old draft."


def receive_more(public_id: str, **message: object) -> bool:
    with transaction() as session:
        ticket = queries.find_ticket(session, public_id)
        channel = Channel(ticket.channel)
        return not lifecycle.append_message(
            session, a_message(channel=channel, **message), ticket.id
        ).duplicate


def test_what_the_agent_answered_by_itself_is_shown_with_its_sources(anna: Member) -> None:
    public_id = receive()
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft="Three to five days.", citations=(SOURCE,)))
    page = page_of(anna, public_id)
    assert re.search(r'message-agent".*Three to five days\..*Sources.*Shipping times', page, re.DOTALL)
    assert "Why it is here" not in page


def test_a_reply_that_did_not_arrive_says_so_and_can_be_used_again(anna: Member) -> None:
    public_id = escalated(channel=Channel.MAIL)
    anna.post(f"/console/tickets/{public_id}/reply", text="My answer.", seen_seq=1)
    with transaction() as session:
        [message_id] = session.scalars(
            update(Message).where(Message.seq == 2).values(deliver_after=None).returning(Message.id)
        )
        session.execute(
            update(Message).where(Message.id == message_id).values(delivery="sending", delivery_token="t")
        )
        outgoing = deliveries.read_outgoing(session, message_id)
        deliveries.mark_failed(session, outgoing, "550 mailbox full")
    page = page_of(anna, public_id)
    assert "Not delivered: 550 mailbox full" in page
    assert "A reply did not reach the customer." in page
    assert editor(page_of(anna, public_id, "?reuse=2")) == "My answer."


def test_quoted_text_is_folded_and_long_conversations_too(anna: Member) -> None:
    public_id = escalated(quoted_text="> said before", thread="t", channel=Channel.WEB_CHAT)
    assert re.search(r"<details class=\"quoted\">.*&gt; said before", page_of(anna, public_id), re.DOTALL)
    for number in range(10):
        receive_more(public_id, text=f"more {number}", thread="t")
    assert "5 earlier messages" in page_of(anna, public_id)


def test_every_text_of_a_customer_is_escaped_wherever_it_is_shown(anna: Member) -> None:
    judgement = Judgement("shipping", Priority.NORMAL, 0.0, EVIL, 0.9, EVIL)
    source = Citation(EVIL, 1, EVIL, f"javascript:{EVIL}", 1, EVIL)
    decision = {
        "judgement": judgement,
        "draft": EVIL + "</textarea>",
        "citations": (source,),
        "notes": (EVIL,),
    }
    fields: dict[str, Any] = {
        "subject": EVIL,
        "text": EVIL,
        "name": EVIL,
        "quoted_text": EVIL,
        "metadata": {EVIL: EVIL, "a": [EVIL]},
    }
    public_id = escalated(decision=decision, identity=f"{EVIL}@example.com", **fields)
    with transaction() as session:
        session.execute(update(Customer).values(tier=EVIL, name=EVIL))
    anna.post(f"/console/tickets/{public_id}/note", text=EVIL)
    addresses = (f"/console/tickets/{public_id}", f"/console/tickets/{public_id}/conversation?seen_seq=0")
    for address in (
        *addresses,
        "/console/queue",
        "/console/queue/list",
        "/console/queue?q=%3Cscript%3Ealert(1)",
    ):
        html = anna.client.get(address).text.replace("&#39;", "'")
        assert html
        assert not re.search(r"<script>|<img src=x|href=\"javascript|</textarea></textarea>", html), address


def test_only_web_addresses_become_links(anna: Member) -> None:
    for url in (
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/x",
        "/\\evil.example",
        "ftp://x",
        "https://[",
        "h ttp://x",
    ):
        source = Citation("a", 1, "Title", url, 1, "Quote")
        page = page_of(
            anna, escalated(decision={"draft": "d", "citations": (source,)}, identity=f"{len(url)}@x.example")
        )
        assert "Open the article" not in page, url


def test_the_fragment_marks_what_came_after_the_reader_opened_it(anna: Member) -> None:
    public_id = escalated(channel=Channel.WEB_CHAT, thread="t")
    receive_more(public_id, text="One more thing", thread="t")
    html = anna.client.get(f"/console/tickets/{public_id}/conversation?seen_seq=1").text
    assert "1 new since you opened this." in html
    assert html.count("message-new") == 1
    assert re.search(r'id="timeline" hx-swap-oob="true"', html)
    assert "message-new" not in anna.client.get(f"/console/tickets/{public_id}/conversation").text


def test_the_timeline_tells_every_step(anna: Member) -> None:
    public_id = escalated(Reason.VIP)
    anna.post(f"/console/tickets/{public_id}/assign", assignee=anna.public_id)
    anna.post(f"/console/tickets/{public_id}/note", text="Called her.")
    anna.post(f"/console/tickets/{public_id}/status", status="resolved")
    page = page_of(anna, public_id)
    for step in (
        "Customer wrote",
        "AI handed it to staff: vip",
        "Carol assigned it to Carol",
        "Carol added a note",
        "Carol set the status to Resolved",
    ):
        assert step in page


@pytest.mark.parametrize(
    "public_id", ["TKT-20250101-ABCDEFGH", "nonsense", "%00", "..%2f..", "TKT-20250101-ABCDEFGH'--"]
)
def test_an_unknown_ticket_is_a_page_that_says_so(anna: Member, public_id: str) -> None:
    response = anna.client.get(f"/console/tickets/{public_id}")
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")


def test_who_may_only_read_gets_no_buttons(database: str) -> None:
    rita = member("Dave", role=Role.READONLY)
    page = page_of(rita, escalated())
    assert "You can read this ticket, but not change it." in page
    assert re.findall(r'action="([^"]+)"', page) == ["/console/theme", "/console/logout"]
