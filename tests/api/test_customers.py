"""REST for programs: who a customer is, what he has asked before, and two customers made one."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from accounts.permissions import Role
from api import customers as api_customers
from runtime.database import engine, transaction
from tests.api.desk import receive, staff
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import customers, lifecycle
from tickets.contracts import Channel, Reason, Receipt, Status
from tickets.models import Customer, Ticket


@pytest.fixture
def reader(run_jobs: CollectedJobs) -> TestClient:
    return staff(Role.READONLY)


@pytest.fixture
def agent(run_jobs: CollectedJobs) -> TestClient:
    return staff(Role.AGENT)


def customer_of(receipt: Receipt) -> str:
    with transaction() as session:
        query = select(Customer.public_id).join(Ticket, Ticket.customer_id == Customer.id)
        return session.scalars(query.where(Ticket.id == receipt.ticket_id)).one()


def chat(visitor: str = "9f1c", thread: str = "conversation-1") -> Receipt:
    return receive(channel=Channel.WEB_CHAT, identity=visitor, thread=thread)


def get(client: TestClient, path: str, **query: Any) -> Any:
    response = client.get(f"/api/v1/customers/{path}", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def test_a_customer_is_shown_whole_to_who_works_on_tickets_and_masked_to_others(
    reader: TestClient, agent: TestClient
) -> None:
    receive()
    alice = customer_of(receive())
    with transaction() as session:
        customers.create_customer(session, "x", "4711", name="Bob")
    found = get(agent, alice)
    assert (found["customer_id"], found["name"], found["tier"], found["tickets"]) == (
        alice,
        "Alice",
        "standard",
        2,
    )
    assert found["identities"] == [{"kind": "mail", "value": "alice@example.com"}]
    masked = get(reader, alice)
    assert masked["identities"] == [{"kind": "mail", "value": "a…@example.com"}]
    assert masked["name"] == "Alice"


def test_an_identity_that_is_no_address_is_masked_as_well(reader: TestClient) -> None:
    visitor = customer_of(chat())
    assert get(reader, visitor)["identities"] == [{"kind": "visitor", "value": "9…"}]


def test_the_history_tells_how_each_ticket_went(reader: TestClient) -> None:
    replied, escalated, waiting = (
        receive(subject="First"),
        receive(subject="Second"),
        receive(subject="Third"),
    )
    for _ in range(2):
        case = claimed_case()
        with transaction() as session:
            if case.ticket_id == replied.ticket_id:
                lifecycle.reply(session, case, a_decision())
            else:
                lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL))
    with transaction() as session:
        lifecycle.set_status(session, replied.ticket_id, Status.RESOLVED, actor="AGENT-1")
    receive(identity="bob@example.com")
    found = get(reader, f"{customer_of(waiting)}/history")
    assert (found["tier"], found["next_cursor"]) == ("standard", None)
    told = [
        (one["ticket_id"], one["subject"], one["status"], one["outcome"], one["reason"], one["category"])
        for one in found["tickets"]
    ]
    assert told == [
        (waiting.public_id, "Third", "new", None, None, None),
        (escalated.public_id, "Second", "escalated", "escalation", "legal", "shipping"),
        (replied.public_id, "First", "resolved", "reply", None, "shipping"),
    ]
    assert found["tickets"][2]["resolved_at"]
    assert found["tickets"][0]["resolved_at"] is None


def test_the_last_outcome_is_the_one_that_counts(reader: TestClient) -> None:
    receipt = receive()
    case = claimed_case()
    with transaction() as session:
        lifecycle.reply(session, case, a_decision())
    with transaction() as session:
        lifecycle.append_message(session, a_message(), receipt.ticket_id)
    case = claimed_case()
    with transaction() as session:
        lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL))
    assert get(reader, f"{customer_of(receipt)}/history")["tickets"][0]["outcome"] == "escalation"


def test_pages_of_the_history_follow_one_another_without_gaps(reader: TestClient) -> None:
    sent = [receive() for _ in range(7)]
    alice = customer_of(sent[0])
    seen: list[str] = []
    cursor = ""
    while True:
        page = get(reader, f"{alice}/history", limit=3, cursor=cursor)
        seen += [one["ticket_id"] for one in page["tickets"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == [one.public_id for one in sent][::-1]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"cursor": "!"}, {"cursor": "YWJj"}])
def test_a_wrong_parameter_is_named(reader: TestClient, query: dict[str, Any]) -> None:
    alice = customer_of(receive())
    response = reader.get(f"/api/v1/customers/{alice}/history", params=query)
    assert (response.status_code, response.json()["field"]) == (422, next(iter(query)))


@pytest.mark.parametrize("path", ["", "/history"])
@pytest.mark.parametrize("customer", ["CUST-00000000", "x", "CUST%00", "%ED%A0%80", "' or 1=1"])
def test_no_such_customer_is_not_found(reader: TestClient, customer: str, path: str) -> None:
    assert reader.get(f"/api/v1/customers/{customer}{path}").status_code in (404, 422)


def test_nobody_is_refused(reader: TestClient) -> None:
    alice = customer_of(receive())
    for path in (alice, f"{alice}/history"):
        response = reader.get(f"/api/v1/customers/{path}", headers={"Authorization": ""})
        assert response.status_code == 401


def merge(client: TestClient, customer: str, other: str) -> Any:
    return client.post(f"/api/v1/customers/{customer}/merge", json={"other": other})


def test_two_customers_are_made_one_and_the_old_id_still_leads_there(agent: TestClient) -> None:
    asked = receive()
    chatted = chat()
    alice, visitor = customer_of(asked), customer_of(chatted)
    response = merge(agent, alice, visitor)
    assert response.status_code == 200
    assert response.json() == {
        "customer_id": alice,
        "merged": visitor,
        "moved_tickets": 1,
        "moved_identities": 1,
    }
    for one in (alice, visitor):
        page = get(agent, f"{one}/history")
        assert page["customer_id"] == alice
        assert {ticket["ticket_id"] for ticket in page["tickets"]} == {asked.public_id, chatted.public_id}
    kinds = {one["kind"]: one["value"] for one in get(agent, alice)["identities"]}
    assert kinds == {"mail": "alice@example.com", "visitor": "9f1c", "merged": visitor.lower()}


def test_a_customer_is_not_merged_with_himself_or_twice(agent: TestClient) -> None:
    alice, visitor = customer_of(receive()), customer_of(chat())
    himself = merge(agent, alice, alice)
    assert (himself.status_code, himself.json()["field"]) == (422, "other")
    assert merge(agent, alice, visitor).status_code == 200
    assert merge(agent, alice, visitor).status_code == 409


def test_who_may_only_read_may_not_merge(reader: TestClient) -> None:
    alice, visitor = customer_of(receive()), customer_of(chat())
    assert merge(reader, alice, visitor).status_code == 403
    assert customer_of(receive()) == alice


@pytest.mark.parametrize("body", [{}, {"other": "x"}, {"other": None}, {"other": "CUST-00000000", "now": 1}])
def test_a_wrong_body_is_named(agent: TestClient, body: dict[str, Any]) -> None:
    alice = customer_of(receive())
    response = agent.post(f"/api/v1/customers/{alice}/merge", json=body)
    assert response.status_code == 422
    assert merge(agent, alice, "CUST-00000000").status_code == 404


def test_a_merge_that_never_gets_its_turn_says_so(agent: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_customers, "_TRIES", 2)
    alice, visitor = customer_of(receive()), customer_of(chat())
    with engine().connect() as connection, connection.begin():
        connection.execute(text("select * from customer_identities"))
        response = merge(agent, alice, visitor)
    assert response.status_code == 503
    assert "try again" in response.json()["detail"]
    assert merge(agent, alice, visitor).status_code == 200
