"""Staff queues in the console: the views of each, and who says that they are available."""

import re

import pytest
from sqlalchemy import select

from accounts.permissions import Role
from runtime.database import transaction
from tests.console.desk import Member, escalated, member, receive
from tests.jobs import CollectedJobs
from tickets import queries, staff_queues
from tickets.contracts import Judgement, Priority
from tickets.models import Ticket
from tickets.staff_queues import NewQueue

BILLING = {
    "judgement": Judgement("billing_inquiry", Priority.NORMAL, 0.0, "en", 0.9, "Asks about an invoice.")
}


@pytest.fixture
def anna(run_jobs: CollectedJobs) -> Member:
    return member()


def a_queue(name: str, *staff: str, **values: object) -> int:
    with transaction() as session:
        queue = staff_queues.add_queue(session, NewQueue(name, **values))  # type: ignore[arg-type]  # as each field is
        for one in staff:
            staff_queues.join(session, queue.id, one)
    return queue.id


def shown(anna: Member, address: str) -> list[str]:
    response = anna.client.get(address)
    assert response.status_code == 200
    return re.findall(r'data-row="([^"]+)"', response.text)


def assignee(public_id: str) -> str | None:
    with transaction() as session:
        return queries.find_ticket(session, public_id).assignee


def test_each_staff_queue_has_a_view_with_its_tickets_and_their_number(anna: Member) -> None:
    billing = a_queue("Bills & <b>more</b>", categories=["billing_inquiry"])
    others = a_queue("Everything")
    invoice, parcel = escalated(decision=BILLING), escalated()
    receive()
    assert shown(anna, f"/console/queue?queue={billing}") == [invoice]
    assert shown(anna, f"/console/queue?queue={others}") == [parcel]
    assert set(shown(anna, "/console/queue?view=unassigned")) == {invoice, parcel}
    page = anna.client.get(f"/console/queue?queue={billing}").text
    assert "<h1>Bills &amp; &lt;b&gt;more&lt;/b&gt;</h1>" in page
    assert re.findall(r'class="count">([^<]+)<', page) == ["2", "0", "2", "1", "1", "3"]
    assert re.findall(r'href="([^"]+)" aria-current', page) == [f"/console/queue?queue={billing}"]


def test_a_search_stays_in_its_staff_queue(anna: Member) -> None:
    billing = a_queue("Billing", categories=["billing_inquiry"])
    invoice, _parcel = escalated(decision=BILLING), escalated()
    page = anna.client.get(f"/console/queue?queue={billing}&q=nothing-like-it").text
    assert f'<input type="hidden" name="queue" value="{billing}">' in page
    assert "No ticket in “Billing” fits" in page
    assert shown(anna, f"/console/queue/list?queue={billing}&priority=normal") == [invoice]


@pytest.mark.parametrize("wrong", ["99", "x", "-1", "²", "999999999999999999"])
def test_a_staff_queue_that_there_is_not_narrows_nothing(anna: Member, wrong: str) -> None:
    a_queue("Everything")
    waiting = escalated()
    assert shown(anna, f"/console/queue?queue={wrong}") == [waiting]


def test_who_works_no_queue_is_not_asked_whether_they_are_available(anna: Member) -> None:
    assert "I am available" not in anna.client.get("/console/queue").text
    a_queue("Everything")
    assert "I am available" not in anna.client.get("/console/queue").text


def test_who_is_away_gets_nothing_and_who_comes_back_gets_what_waits(anna: Member) -> None:
    a_queue("Everything", anna.public_id)
    assert 'aria-pressed="true"' in anna.client.get("/console/queue").text
    away = anna.post("/console/presence", is_present="no", next="/console/queue?view=mine")
    assert (away.status_code, away.headers["location"]) == (303, "/console/queue?view=mine")
    waiting = escalated()
    assert assignee(waiting) is None
    page = anna.client.get("/console/queue").text
    assert 'aria-pressed="false"' in page
    assert anna.post("/console/presence", is_present="yes").headers["location"] == "/console/queue"
    assert assignee(waiting) == anna.public_id
    assert shown(anna, "/console/queue?view=mine") == [waiting]


def test_the_page_of_a_ticket_has_the_toggle_and_leads_back_to_itself(anna: Member) -> None:
    a_queue("Everything", anna.public_id)
    ticket = escalated()
    page = anna.client.get(f"/console/tickets/{ticket}").text
    assert f'name="next" value="/console/tickets/{ticket}"' in page
    [address] = re.findall(r'hx-get="(/console/queue/views[^"]*)"', page)
    fragment = anna.client.get(address).text
    assert f'name="next" value="/console/tickets/{ticket}"' in fragment
    assert "put it into the queue Everything" in page


def test_the_toggle_needs_its_form_and_leads_to_no_other_site(anna: Member) -> None:
    a_queue("Everything", anna.public_id)
    refused = anna.client.post("/console/presence", data={"is_present": "no"}, follow_redirects=False)
    assert refused.status_code == 403
    led = anna.post("/console/presence", is_present="yes", next="https://elsewhere.example/")
    assert led.headers["location"] == "/console/queue"
    with transaction() as session:
        assert staff_queues.is_present(session, anna.public_id) is True


def test_who_may_only_read_is_given_nothing(run_jobs: CollectedJobs) -> None:
    reader = member("Rita", role=Role.READONLY)
    a_queue("Everything")
    assert reader.post("/console/presence", is_present="yes").status_code == 403
    escalated()
    with transaction() as session:
        assert session.scalars(select(Ticket.assignee)).all() == [None]
