"""REST for programs: read, list, change, assign; and the health pages."""

import base64
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts import users
from accounts.permissions import Role
from api import auth, health, tickets
from ingestion import intake
from runtime import web
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle
from tickets.contracts import Citation, Priority, Reason

PASSWORD = "correct horse battery"


@pytest.fixture
def app(run_jobs: CollectedJobs) -> FastAPI:
    app = FastAPI()
    web.install(app)
    for router in (auth.router, health.router, tickets.router):
        app.include_router(router)
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def log_in(client: TestClient, role: Role) -> str:
    """Sets the bearer token; returns the account's id."""
    with transaction() as session:
        user = users.create_user(session, f"{role}@example.com", name="Bob", role=role, password=PASSWORD)
    response = client.post("/auth/token", data={"username": f"{role}@example.com", "password": PASSWORD})
    assert response.status_code == 200
    client.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
    return user.public_id


def receive(**changes: object) -> str:
    with transaction() as session:
        return intake.receive(session, a_message(**changes)).public_id


def test_an_answered_ticket_shows_its_reply_with_citations(client: TestClient) -> None:
    log_in(client, Role.READONLY)
    ticket_id = receive()
    citation = Citation("ART-1", 1, "Shipping", "/help/shipping", 7, "Three to five days.")
    case = claimed_case()
    with transaction() as session:
        lifecycle.reply(session, case, a_decision(draft="Three to five days.", citations=(citation,)))
    found = client.get(f"/api/v1/tickets/{ticket_id}").json()
    assert (found["status"], found["category"], found["reason"]) == ("waiting_customer", "shipping", None)
    assert found["reply"]["text"] == "Three to five days."
    assert found["reply"]["citations"][0]["url"] == "/help/shipping"
    assert [message["author"] for message in found["messages"]] == ["customer", "agent"]


def test_an_escalated_ticket_shows_its_reason_and_no_notes(client: TestClient) -> None:
    log_in(client, Role.READONLY)
    ticket_id = receive()
    case = claimed_case()
    with transaction() as session:
        lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL))
        lifecycle.add_note(session, case.ticket_id, "secret", staff="AGENT-1", name="Bob")
    found = client.get(f"/api/v1/tickets/{ticket_id}")
    assert (found.json()["reason"], found.json()["owner"]) == ("legal", "staff")
    assert "secret" not in found.text


def test_pages_follow_one_another_without_gaps(client: TestClient) -> None:
    log_in(client, Role.READONLY)
    sent = [receive() for _ in range(7)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = client.get("/api/v1/tickets", params={"limit": 3, "cursor": cursor}).json()
        seen += [ticket["ticket_id"] for ticket in page["tickets"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == sent[::-1]


def test_lists_are_narrowed(client: TestClient) -> None:
    log_in(client, Role.READONLY)
    receive(priority=Priority.HIGH)
    receive()
    found = client.get("/api/v1/tickets", params={"priority": "high", "status": "new"}).json()["tickets"]
    assert [ticket["priority"] for ticket in found] == ["high"]


@pytest.mark.parametrize(
    "parameters", [{"status": "odd"}, {"limit": 0}, {"limit": "many"}, {"cursor": "!"}, {"cursor": "YWJj"}]
)
def test_a_wrong_parameter_is_named(client: TestClient, parameters: dict[str, str]) -> None:
    log_in(client, Role.READONLY)
    response = client.get("/api/v1/tickets", params=parameters)
    assert response.status_code == 422
    assert response.json()["field"] == next(iter(parameters))


def test_status_and_assignment(client: TestClient) -> None:
    me = log_in(client, Role.AGENT)
    ticket_id = receive()
    assigned = client.put(f"/api/v1/tickets/{ticket_id}/assign", json={"assignee": me})
    assert (assigned.status_code, assigned.json()["assignee"], assigned.json()["owner"]) == (200, me, "staff")
    resolved = client.put(f"/api/v1/tickets/{ticket_id}/status", json={"status": "resolved"})
    assert resolved.json()["status"] == "resolved"
    assert client.put(f"/api/v1/tickets/{ticket_id}/status", json={"status": "escalated"}).status_code == 409


def test_a_stranger_cannot_be_assigned(client: TestClient) -> None:
    log_in(client, Role.AGENT)
    response = client.put(f"/api/v1/tickets/{receive()}/assign", json={"assignee": "AGENT-00000000"})
    assert (response.status_code, response.json()["field"]) == (422, "assignee")


def test_who_may_only_read_cannot_be_assigned(client: TestClient) -> None:
    reader = log_in(client, Role.READONLY)
    log_in(client, Role.AGENT)
    response = client.put(f"/api/v1/tickets/{receive()}/assign", json={"assignee": reader})
    assert (response.status_code, response.json()["field"]) == (422, "assignee")


def cursor_of(words: str) -> str:
    return base64.urlsafe_b64encode(words.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "path",
    [
        "/TKT%00",
        "?category=%00",
        "?cursor=%00",
        "?cursor=%ED%A0%80",
        f"?cursor={cursor_of('0001-01-01T00:00:00+23:59|1')}",
        f"?cursor={cursor_of('9999-12-31T23:59:59-23:59|9223372036854775807')}",
        f"?cursor={cursor_of('2026-01-01T00:00:00+00:00|99999999999999999999')}",
        f"?cursor={cursor_of('2026-01-01|1')}",
    ],
)
def test_odd_characters_and_numbers_are_the_callers_mistake(client: TestClient, path: str) -> None:
    log_in(client, Role.READONLY)
    receive()
    response = client.get(f"/api/v1/tickets{path}")
    assert response.status_code < 500, response.text


def test_who_may_read_may_not_change(client: TestClient) -> None:
    log_in(client, Role.READONLY)
    ticket_id = receive()
    assert client.put(f"/api/v1/tickets/{ticket_id}/status", json={"status": "resolved"}).status_code == 403


def test_no_ticket_is_a_404_and_nobody_a_401(client: TestClient) -> None:
    assert client.get("/api/v1/tickets/TKT-20260101-00000000").status_code == 401
    log_in(client, Role.READONLY)
    response = client.get("/api/v1/tickets/TKT-20260101-00000000")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_a_wrong_password_is_refused_and_guessing_is_slowed(client: TestClient) -> None:
    codes: list[int] = []
    while 429 not in codes and len(codes) < 30:  # A bucket refills while a busy machine hashes.
        guess = {"username": "eve@example.com", "password": "x"}
        codes.append(client.post("/auth/token", data=guess).status_code)
    assert codes[:10] == [401] * 10
    assert codes[-1] == 429


def test_a_forged_token_is_refused(client: TestClient) -> None:
    log_in(client, Role.ADMIN)
    header, _payload, signature = client.headers["Authorization"].removeprefix("Bearer ").split(".")
    client.headers["Authorization"] = f"Bearer {header}.eyJzdWIiOiJBR0VOVC0xIn0.{signature}"
    assert client.get("/api/v1/tickets").status_code == 401


def test_health_and_metrics(client: TestClient) -> None:
    receive()
    assert client.get("/health/live").json()["status"] == "live"
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["parts"]["database"]) == (200, "up")
    metrics = client.get("/metrics").text
    assert 'deskfleet_waiting_messages{owner="agent"} 1.0' in metrics
    assert 'deskfleet_messages_received_total{channel="api",duplicate="false"}' in metrics
