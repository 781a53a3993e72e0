"""The staff queue as its pages show it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from runtime.database import transaction
from tests.console.desk import Member, escalated, member, receive
from tests.samples import a_decision, claimed_case
from tickets import lifecycle, queries
from tickets.contracts import Channel, Judgement, Priority, Reason
from tickets.models import Ticket


@pytest.fixture
def anna(database: str) -> Member:
    return member()


def shown(anna: Member, address: str) -> list[str]:
    response = anna.client.get(address)
    assert response.status_code == 200
    return re.findall(r'data-row="([^"]+)"', response.text)


def due_in(public_id: str, minutes: float) -> None:
    with transaction() as session:
        at = datetime.now(UTC) + timedelta(minutes=minutes)
        session.execute(update(Ticket).where(Ticket.public_id == public_id).values(staff_due_at=at))


def assign(public_id: str, assignee: str) -> None:
    with transaction() as session:
        lifecycle.assign(session, queries.find_ticket(session, public_id).id, assignee, actor=assignee)


def test_the_nearest_deadline_comes_first(anna: Member) -> None:
    later, soon, late = escalated(), escalated(), escalated()
    due_in(later, 300)
    due_in(soon, 5)
    due_in(late, -20)
    assert shown(anna, "/console/queue") == [late, soon, later]


def test_a_deadline_is_told_in_words_and_with_an_icon(anna: Member) -> None:
    due_in(escalated(), -14.5)
    page = anna.client.get("/console/queue").text
    assert re.search(r'due-late">.*?#alert.*?14 min overdue', page, re.DOTALL)


def test_a_row_says_who_what_why_and_how_urgent(anna: Member) -> None:
    judgement = Judgement("billing_inquiry", Priority.CRITICAL, -0.5, "en", 0.4, "Was charged twice.")
    escalated(
        Reason.LEGAL,
        decision={"judgement": judgement},
        channel=Channel.MAIL,
        subject="Charged twice",
        name="Miriam",
    )
    page = anna.client.get("/console/queue").text
    for text in (
        "Miriam",
        "Charged twice",
        "Was charged twice.",
        "Billing inquiry",
        "Legal",
        "Critical",
        "E-mail",
    ):
        assert text in page


def test_each_view_shows_its_tickets_and_how_many(anna: Member) -> None:
    mine, free = escalated(), escalated()
    assign(mine, anna.public_id)
    with_the_agent = receive()
    assert shown(anna, "/console/queue?view=mine") == [mine]
    assert shown(anna, "/console/queue?view=unassigned") == [free]
    assert set(shown(anna, "/console/queue")) == {mine, free}
    assert set(shown(anna, "/console/queue?view=all")) == {mine, free, with_the_agent}
    page = anna.client.get("/console/queue").text
    assert re.findall(r'class="count">([^<]+)<', page) == ["2", "1", "1", "3"]


def test_what_the_agent_left_unanswered_waits_for_staff_too(anna: Member) -> None:
    forgotten = receive()
    with transaction() as session:
        session.execute(update(Ticket).values(answer_due_at=datetime.now(UTC) - timedelta(minutes=3)))
    assert shown(anna, "/console/queue") == [forgotten]
    assert "Not answered in time" in anna.client.get("/console/queue").text


def test_search_and_filters_narrow_the_list(anna: Member) -> None:
    parcel = escalated(text="Where is my parcel?", name="Ada")
    refund = escalated(text="I want my money", name="Bo", priority=Priority.HIGH)
    assert shown(anna, "/console/queue?q=parcel") == [parcel]
    assert shown(anna, f"/console/queue?q={refund}") == [refund]
    assert shown(anna, "/console/queue?priority=high") == [refund]
    assert shown(anna, "/console/queue?category=billing_inquiry") == []
    assert shown(anna, "/console/queue?status=resolved") == []
    assert set(shown(anna, "/console/queue?status=escalated&category=shipping")) == {parcel, refund}


@pytest.mark.parametrize(
    "query", ["view=nonsense", "status=nonsense", "priority=7", "q=%00", "q=%25", "category='"]
)
def test_odd_filters_do_no_harm(anna: Member, query: str) -> None:
    assert anna.client.get(f"/console/queue?{query}").status_code == 200


def test_a_search_without_a_hit_offers_the_way_on(anna: Member) -> None:
    page = anna.client.get("/console/queue?q=zebra").text
    assert "Nothing matches" in page
    assert "view=all&amp;q=zebra" in page


def test_an_empty_queue_is_good_news(anna: Member) -> None:
    assert "All clear" in anna.client.get("/console/queue").text
    assert "No tickets yet" in anna.client.get("/console/queue?view=all").text


def test_all_tickets_are_read_page_by_page(anna: Member) -> None:
    tickets = [receive() for _ in range(53)]
    page = anna.client.get("/console/queue?view=all").text
    more = re.search(r'href="(/console/queue\?view=all&amp;after=[^"]+)">Older', page)
    assert more
    rest = shown(anna, more[1].replace("&amp;", "&"))
    assert rest == tickets[:3][::-1]


def test_the_fragment_brings_list_counts_and_title(anna: Member) -> None:
    escalated()
    response = anna.client.get("/console/queue/list?view=unassigned&q=del")
    assert response.headers["HX-Replace-Url"] == "/console/queue?view=unassigned&q=del"
    assert "<title>(1) Unassigned" in response.text
    assert re.search(r'id="views"[^>]*hx-swap-oob="true"', response.text)
    assert "<html" not in response.text


def test_a_ticket_that_the_agent_answered_is_in_all_tickets_alone(anna: Member) -> None:
    answered = receive()
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision())
    assert shown(anna, "/console/queue") == []
    assert shown(anna, "/console/queue?view=all") == [answered]
    assert "Waiting for customer" in anna.client.get("/console/queue?view=all").text
