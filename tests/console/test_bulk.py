"""Several tickets changed at once from the queue, and the views that staff keep."""

import re

import pytest

from runtime.database import transaction
from tests.console.desk import Member, escalated, member
from tests.console.test_queue import due_in, shown
from tests.console.test_ticket import receive_more
from tests.jobs import CollectedJobs
from tickets import queries
from tickets.contracts import Channel
from tickets.models import Ticket


@pytest.fixture
def anna(run_jobs: CollectedJobs) -> Member:
    return member()


def ticket_of(public_id: str) -> Ticket:
    with transaction() as session:
        return queries.find_ticket(session, public_id)


def bulk(anna: Member, *marked: str, **fields: str) -> tuple[int, str]:
    data = {"csrf": anna.csrf, "ticket": list(marked), "at": "/console/queue?view=waiting", **fields}
    response = anna.client.post("/console/queue/bulk", data=data, follow_redirects=False)
    return response.status_code, response.text


def test_the_marked_tickets_are_resolved_and_the_others_stay(anna: Member) -> None:
    one, two, other = escalated(), escalated(), escalated()
    status, _page = bulk(anna, f"{one}:1", f"{two}:1", do="resolve")
    assert status == 303
    assert [ticket_of(t).status for t in (one, two, other)] == ["resolved", "resolved", "escalated"]


def test_what_was_not_seen_is_not_resolved_and_the_rest_is(anna: Member) -> None:
    unseen = escalated(channel=Channel.WEB_CHAT, thread="t")
    receive_more(unseen, text="Wait!", thread="t")
    plain = escalated()
    status, page = bulk(anna, f"{unseen}:1", f"{plain}:1", do="resolve")
    assert status == 409
    assert "1 ticket changed." in page
    assert unseen in page
    assert "A newer message came in" in page
    assert [ticket_of(t).status for t in (unseen, plain)] == ["escalated", "resolved"]


def test_marked_tickets_are_assigned_put_aside_and_prioritised(anna: Member) -> None:
    public_id = escalated()
    bulk(anna, f"{public_id}:1", do="take")
    assert ticket_of(public_id).assignee == anna.public_id
    bulk(anna, f"{public_id}:1", do="priority", priority="critical")
    assert ticket_of(public_id).priority == "critical"
    bulk(anna, f"{public_id}:1", do="snooze", days="3")
    assert ticket_of(public_id).status == "snoozed"
    assert shown(anna, "/console/queue") == []


@pytest.mark.parametrize(
    "fields", [{"do": "priority", "priority": "7"}, {"do": "assign", "assignee": "AGENT-NOBODY00"}]
)
def test_a_value_that_is_none_changes_nothing(anna: Member, fields: dict[str, str]) -> None:
    public_id = escalated()
    status, page = bulk(anna, f"{public_id}:1", **fields)
    assert status == 409
    assert "0 tickets changed." in page
    assert ticket_of(public_id).priority == "normal"


def test_a_script_gets_the_list_alone(anna: Member) -> None:
    public_id = escalated()
    data = {"csrf": anna.csrf, "ticket": f"{public_id}:1", "do": "resolve", "at": "/console/queue"}
    response = anna.client.post("/console/queue/bulk", data=data, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "<html" not in response.text
    assert "1 ticket changed." in response.text
    assert "All clear" in response.text


def test_without_the_token_of_the_session_nothing_is_changed(anna: Member) -> None:
    public_id = escalated()
    data = {"ticket": f"{public_id}:1", "do": "resolve"}
    assert anna.client.post("/console/queue/bulk", data=data).status_code == 403
    assert ticket_of(public_id).status == "escalated"


def test_the_staff_queue_is_read_page_by_page_in_the_order_of_deadlines(anna: Member) -> None:
    tickets = [escalated() for _ in range(52)]
    for minutes, public_id in enumerate(tickets):
        due_in(public_id, 10 + minutes)
    page = anna.client.get("/console/queue").text
    assert re.findall(r'data-row="([^"]+)"', page) == tickets[:50]
    more = re.search(r'href="(/console/queue\?[^"]*after=[^"]+)">Later deadlines', page)
    assert more
    assert shown(anna, more[1].replace("&amp;", "&")) == tickets[50:]


def test_a_search_is_kept_as_a_view_of_its_owner_alone(anna: Member) -> None:
    bob = member("Bob")
    assert (
        anna.post(
            "/console/queue/saved", name="Late parcels", at="/console/queue?view=all&q=parcel"
        ).status_code
        == 303
    )
    assert 'href="/console/queue?view=all&amp;q=parcel"' in anna.client.get("/console/queue").text
    assert "Late parcels" not in bob.client.get("/console/queue").text
    view_id = re.search(r"/console/queue/saved/(\d+)/remove", anna.client.get("/console/queue").text)
    assert view_id
    bob.post(view_id[0])
    assert "Late parcels" in anna.client.get("/console/queue").text
    anna.post(view_id[0])
    assert "Late parcels" not in anna.client.get("/console/queue").text


@pytest.mark.parametrize(
    ("name", "at"), [("", "/console/queue?q=a"), ("x" * 41, "/console/queue?q=a"), ("Mine", "https://evil")]
)
def test_a_view_needs_a_name_and_a_search(anna: Member, name: str, at: str) -> None:
    assert anna.post("/console/queue/saved", name=name, at=at).status_code == 422
