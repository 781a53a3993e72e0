"""POST /api/v1/tickets/{ticket_id}/messages: what a customer writes afterwards."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from accounts.permissions import Permission
from ingestion import intake
from runtime.database import transaction
from runtime.settings import settings
from tests.ingestion.rest_desk import create_ticket, program, upload
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle
from tickets.contracts import Channel, Status
from tickets.models import Message, Ticket

TEXT = {"text": "It has arrived, but it is damaged."}


@pytest.fixture
def client(tmp_path: Path, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()
    with program(Permission.CREATE_TICKETS, Permission.READ_TICKETS) as client:
        yield client


def path(ticket_id: str) -> str:
    return f"/api/v1/tickets/{ticket_id}/messages"


def answer(text: str = "On its way.") -> None:
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft=text))


def set_status(ticket_id: str, status: Status) -> None:
    with transaction() as session:
        number = session.scalars(select(Ticket.id).where(Ticket.public_id == ticket_id)).one()
        lifecycle.set_status(session, number, status, actor="AGENT-1")


def texts_of(client: TestClient, ticket_id: str) -> list[tuple[str, str]]:
    found = client.get(f"/api/v1/tickets/{ticket_id}").json()["messages"]
    return [(one["author"], one["text"]) for one in found]


def count(table: type[Message] | type[Ticket]) -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_message_joins_its_ticket_and_wakes_the_agent(client: TestClient, run_jobs: CollectedJobs) -> None:
    ticket_id = create_ticket(client)
    answer()
    run_jobs.lose()
    response = client.post(path(ticket_id), json=TEXT)
    assert response.status_code == 202
    assert response.json() == {
        "ticket_id": ticket_id,
        "status": "accepted",
        "duplicate": False,
        "url": f"http://localhost:8000/api/v1/tickets/{ticket_id}",
        "continues": None,
    }
    assert response.headers["location"] == f"/api/v1/tickets/{ticket_id}"
    assert run_jobs.names() == ["agent_core.tasks.answer_next"]
    assert texts_of(client, ticket_id) == [
        ("customer", "Where is my parcel?"),
        ("agent", "On its way."),
        ("customer", TEXT["text"]),
    ]
    assert claimed_case().question == TEXT["text"]


def test_it_may_name_files(client: TestClient) -> None:
    ticket_id = create_ticket(client)
    file_id = upload(client)
    client.post(path(ticket_id), json=TEXT | {"attachments": [file_id]})
    first, second = client.get(f"/api/v1/tickets/{ticket_id}").json()["messages"]
    assert (first["attachments"], [one["file_id"] for one in second["attachments"]]) == ([], [file_id])


def test_a_wrong_file_stores_nothing(client: TestClient) -> None:
    ticket_id = create_ticket(client)
    body = TEXT | {"attachments": ["FILE-" + "0" * 20]}
    response = client.post(path(ticket_id), json=body)
    assert (response.status_code, response.json()["field"]) == (422, "attachments")
    assert count(Message) == 1


def test_a_resolved_ticket_opens_again(client: TestClient) -> None:
    ticket_id = create_ticket(client)
    set_status(ticket_id, Status.RESOLVED)
    assert client.post(path(ticket_id), json=TEXT).json()["ticket_id"] == ticket_id
    assert client.get(f"/api/v1/tickets/{ticket_id}").json()["status"] == "escalated"


def test_a_closed_ticket_stays_closed_and_a_linked_one_is_opened(client: TestClient) -> None:
    ticket_id = create_ticket(client, subject="Parcel")
    set_status(ticket_id, Status.CLOSED)
    key = {"Idempotency-Key": "late-1"}
    found = client.post(path(ticket_id), json=TEXT, headers=key).json()
    assert found["continues"] == ticket_id
    assert found["ticket_id"] != ticket_id
    again = client.post(path(ticket_id), json=TEXT, headers=key).json()
    assert again == found | {"duplicate": True}
    new = client.get(f"/api/v1/tickets/{found['ticket_id']}").json()
    old = client.get(f"/api/v1/tickets/{ticket_id}").json()
    assert (old["status"], len(old["messages"])) == ("closed", 1)
    assert (new["subject"], new["customer_id"]) == ("Parcel", old["customer_id"])
    with transaction() as session:
        linked = session.scalars(select(Ticket.linked_to).where(Ticket.public_id == found["ticket_id"])).one()
        assert linked == session.scalars(select(Ticket.id).where(Ticket.public_id == ticket_id)).one()


def test_the_closed_ticket_of_a_visitor_is_continued_for_the_same_customer(client: TestClient) -> None:
    with transaction() as session:
        chat = a_message(channel=Channel.WEB_CHAT, identity="9f1c", thread="conversation-1")
        ticket_id = intake.receive(session, chat).public_id
    set_status(ticket_id, Status.CLOSED)
    found = client.post(path(ticket_id), json=TEXT).json()
    old, new = (client.get(f"/api/v1/tickets/{one}").json() for one in (ticket_id, found["ticket_id"]))
    assert old["customer_id"] == new["customer_id"]


def test_the_same_key_is_the_same_message_and_another_text_or_ticket_a_conflict(client: TestClient) -> None:
    first, second = create_ticket(client), create_ticket(client)
    key = {"Idempotency-Key": "damaged-1"}
    assert not client.post(path(first), json=TEXT, headers=key).json()["duplicate"]
    assert client.post(path(first), json=TEXT, headers=key).json()["duplicate"]
    assert client.post(path(first), json={"text": "Another"}, headers=key).status_code == 409
    assert client.post(path(second), json=TEXT, headers=key).status_code == 409
    assert client.post(path(first), json=TEXT, headers={"Idempotency-Key": " "}).status_code == 422
    assert count(Message) == 3


def test_messages_at_the_same_moment_are_all_kept_in_one_order(client: TestClient) -> None:
    ticket_id = create_ticket(client)
    together = threading.Barrier(6)
    codes: list[int] = []

    def send(number: int) -> None:
        together.wait()
        codes.append(client.post(path(ticket_id), json={"text": f"Message {number}"}).status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [202] * 6
    with transaction() as session:
        assert list(session.scalars(select(Message.seq).order_by(Message.seq))) == list(range(1, 8))


def test_a_customer_who_is_vouched_for_is_spoken_for_by_who_may_vouch(client: TestClient) -> None:
    with program(Permission.CREATE_TICKETS, Permission.ASSERT_CUSTOMERS) as shop:
        ticket_id = create_ticket(shop)
        refused = client.post(path(ticket_id), json=TEXT)
        assert (refused.status_code, count(Message)) == (403, 1)
        assert "customers:assert" in refused.json()["detail"]
        assert shop.post(path(ticket_id), json=TEXT).status_code == 202


@pytest.mark.parametrize("channel", [Channel.X, Channel.FACEBOOK, Channel.ZENDESK, Channel.INTERCOM])
def test_a_conversation_that_is_kept_elsewhere_takes_no_messages_here(
    client: TestClient, channel: Channel
) -> None:
    with transaction() as session:
        ticket_id = intake.receive(
            session, a_message(channel=channel, identity="12345", thread="1")
        ).public_id
    response = client.post(path(ticket_id), json=TEXT)
    assert (response.status_code, count(Message)) == (409, 1)
    assert channel in response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n "}, "text"),
        ({"text": 5}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "Hi", "attachments": ["x"]}, "attachments.0"),
        ({"text": "Hi", "attachments": None}, "attachments"),
        ({"text": "Hi", "priority": "high"}, "priority"),
    ],
)
def test_bad_input_is_a_problem_that_names_the_field(
    client: TestClient, body: dict[str, Any], field: str
) -> None:
    ticket_id = create_ticket(client)
    response = client.post(path(ticket_id), json=body)
    assert (response.status_code, response.json()["field"]) == (422, field)
    assert response.headers["content-type"] == "application/problem+json"
    assert count(Message) == 1


@pytest.mark.parametrize("ticket_id", ["TKT-20260101-00000000", "x", "TKT%00", "%ED%A0%80"])
def test_no_such_ticket_is_not_found(client: TestClient, ticket_id: str) -> None:
    assert client.post(path(ticket_id), json=TEXT).status_code in (404, 422)
    assert client.post(path("TKT-20260101-00000000"), json=TEXT).status_code == 404


def test_nobody_and_who_may_only_read_are_refused(client: TestClient) -> None:
    ticket_id = create_ticket(client)
    assert client.post(path(ticket_id), json=TEXT, headers={"Authorization": ""}).status_code == 401
    with program(Permission.READ_TICKETS, Permission.WORK_TICKETS) as reader:
        assert reader.post(path(ticket_id), json=TEXT).status_code == 403
    assert count(Message) == 1


def test_a_card_number_in_a_message_is_not_shown(client: TestClient) -> None:
    ticket_id = create_ticket(client)
    client.post(path(ticket_id), json={"text": "My card is 4111 1111 1111 1111."})
    assert "4111" not in client.get(f"/api/v1/tickets/{ticket_id}").text
