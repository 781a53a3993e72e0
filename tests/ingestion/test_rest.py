"""POST /api/v1/tickets, as a program uses it."""

import json
import threading
from collections.abc import Iterator, Mapping

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from accounts import credentials
from accounts.permissions import Permission
from ingestion import rest
from runtime import database, web
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tickets import customers
from tickets.models import Customer, Message, Ticket

BODY = {"description": "Where is my parcel?", "customer_email": "alice@example.com", "subject": "Parcel"}


def api_key(*scopes: Permission) -> dict[str, str]:
    with transaction() as session:
        secret = credentials.create_api_key(session, "test", scopes=[str(scope) for scope in scopes])
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def client(run_jobs: CollectedJobs) -> Iterator[TestClient]:
    app = FastAPI()
    web.install(app)
    app.include_router(rest.router)
    with TestClient(app, headers=api_key(Permission.CREATE_TICKETS), raise_server_exceptions=False) as client:
        yield client


def test_a_ticket_is_accepted_once_it_is_stored(client: TestClient, run_jobs: CollectedJobs) -> None:
    response = client.post("/api/v1/tickets", json=BODY)
    assert response.status_code == 202
    ticket_id = response.json()["ticket_id"]
    assert response.headers["location"] == f"/api/v1/tickets/{ticket_id}"
    assert response.headers["x-correlation-id"]
    with transaction() as session:
        ticket = session.scalars(select(Ticket)).one()
    assert (ticket.public_id, ticket.correlation_id) == (ticket_id, response.headers["x-correlation-id"])
    assert len(run_jobs.published) == 1


def test_only_the_description_is_required(client: TestClient) -> None:
    assert client.post("/api/v1/tickets", json={"description": "Hello"}).status_code == 202


def test_the_same_idempotency_key_is_the_same_ticket(client: TestClient) -> None:
    key = {"Idempotency-Key": "order-1"}
    first = client.post("/api/v1/tickets", json=BODY, headers=key).json()
    second = client.post("/api/v1/tickets", json=BODY, headers=key)
    assert second.status_code == 202
    assert (second.json()["ticket_id"], second.json()["duplicate"]) == (first["ticket_id"], True)


def test_the_same_key_with_another_body_is_a_conflict(client: TestClient) -> None:
    key = {"Idempotency-Key": "order-1"}
    client.post("/api/v1/tickets", json=BODY, headers=key)
    response = client.post("/api/v1/tickets", json=BODY | {"description": "Another"}, headers=key)
    assert response.status_code == 409
    assert response.json()["field"] == "Idempotency-Key"


def test_the_same_key_at_the_same_moment_is_one_message(client: TestClient) -> None:
    together = threading.Barrier(6)
    codes: list[int] = []

    def send() -> None:
        together.wait()
        codes.append(client.post("/api/v1/tickets", json=BODY, headers={"Idempotency-Key": "k"}).status_code)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [202] * 6
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"priority": "urgent"}, "priority"),
        ({"channel": "fax"}, "channel"),
        ({"description": ""}, "description"),
        ({"description": "   "}, "description"),
        ({"description": 5}, "description"),
        ({"description": "x" * 20_001}, "description"),
        ({"description": "a\x00b"}, "description"),
        ({"customer_email": "nobody"}, "customer_email"),
        ({"customer_id": "1"}, "customer_id"),
        ({"metadata": {"a": "x" * 5_000}}, "metadata"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": float("nan")}}, "metadata"),
        ({"metadata": {"a": ["\ud800"]}}, "metadata"),
        ({"metadata": {"\ud800": 1}}, "metadata"),
        ({"order_id": "a\x00b"}, "order_id"),
        ({"product_area": "a\x00b"}, "product_area"),
        ({"customer_email": "a\x00b@example.com"}, "customer_email"),
        ({"subject": "\ud800"}, "subject"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_bad_input_is_a_problem_that_names_the_field(
    client: TestClient, change: dict[str, object], field: str
) -> None:
    content = json.dumps(BODY | change)  # The client itself would refuse to send NaN.
    response = client.post("/api/v1/tickets", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["field"] == field
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_a_body_that_is_no_json_is_a_problem(client: TestClient) -> None:
    response = client.post("/api/v1/tickets", content=b"{", headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["field"]) == (422, "body")
    assert response.headers["content-type"] == "application/problem+json"


def test_a_body_over_the_limit_is_refused(client: TestClient) -> None:
    too_long = "x" * (settings().web.max_body_bytes + 1)
    response = client.post("/api/v1/tickets", json={"description": too_long})
    assert response.status_code == 413
    chunked = client.post("/api/v1/tickets", content=iter([too_long.encode()]))
    assert chunked.status_code == 413


def test_an_unknown_customer_is_named(client: TestClient) -> None:
    response = client.post("/api/v1/tickets", json={"description": "Hi", "customer_id": "CUST-00000000"})
    assert response.status_code == 404


def customer_id(**identity: str) -> str:
    with transaction() as session:
        kind, value = next(iter(identity.items()))
        number = customers.create_customer(session, kind, value, name="Carol")
        return session.scalars(select(Customer.public_id).where(Customer.id == number)).one()


def owner_of(ticket_id: str) -> str:
    with transaction() as session:
        return session.scalars(
            select(Customer.public_id)
            .join(Ticket, Ticket.customer_id == Customer.id)
            .where(Ticket.public_id == ticket_id)
        ).one()


def test_a_customer_who_is_known_by_the_chat_alone_can_be_named(client: TestClient) -> None:
    carol = customer_id(visitor="9f1c")
    for _ in range(2):
        response = client.post("/api/v1/tickets", json={"description": "Hello", "customer_id": carol})
        assert owner_of(response.json()["ticket_id"]) == carol


def test_id_and_address_of_one_customer_may_both_be_sent(client: TestClient) -> None:
    carol = customer_id(mail="carol@example.com")
    both = {"description": "Hello", "customer_id": carol, "customer_email": "Carol@example.com"}
    response = client.post("/api/v1/tickets", json=both)
    assert (response.status_code, owner_of(response.json()["ticket_id"])) == (202, carol)


def test_id_and_address_of_two_customers_are_a_mistake(client: TestClient) -> None:
    both = {"customer_id": customer_id(mail="carol@example.com"), "customer_email": "alice@example.com"}
    response = client.post("/api/v1/tickets", json={"description": "Hello"} | both)
    assert (response.status_code, response.json()["field"]) == (422, "customer_email")
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_what_is_only_blanks_is_no_idempotency_key(client: TestClient) -> None:
    response = client.post("/api/v1/tickets", json=BODY, headers={"Idempotency-Key": " "})
    assert (response.status_code, response.json()["field"]) == (422, "Idempotency-Key")


def test_an_idempotency_key_has_a_greatest_length(client: TestClient) -> None:
    told = client.get("/openapi.json").json()["paths"]["/api/v1/tickets"]["post"]["parameters"]
    assert [(one["name"], one["schema"]["maxLength"]) for one in told] == [("Idempotency-Key", 200)]
    refused = client.post("/api/v1/tickets", json=BODY, headers={"Idempotency-Key": "k" * 201})
    assert (refused.status_code, refused.json()["field"]) == (422, "Idempotency-Key")
    taken = client.post("/api/v1/tickets", json=BODY, headers={"Idempotency-Key": "k" * 200})
    assert taken.status_code == 202


def test_nobody_and_strangers_are_refused(client: TestClient) -> None:
    assert client.post("/api/v1/tickets", json=BODY, headers={"Authorization": ""}).status_code == 401
    wrong = {"Authorization": "Bearer dfk_wrong"}
    assert client.post("/api/v1/tickets", json=BODY, headers=wrong).status_code == 401
    assert (
        client.post("/api/v1/tickets", json=BODY, headers=api_key(Permission.READ_TICKETS)).status_code == 403
    )


def test_too_many_requests_are_told_when_to_come_back(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_RATE_ALLOW", "10.0.0.1")
    monkeypatch.setenv("DESKFLEET_RATE_PER_MINUTE", "3")
    settings.cache_clear()
    codes = [client.post("/api/v1/tickets", json=BODY).status_code for _ in range(4)]
    assert codes == [202, 202, 202, 429]
    assert int(client.post("/api/v1/tickets", json=BODY).headers["retry-after"]) >= 1


def test_a_callers_correlation_id_is_kept_when_it_is_harmless(client: TestClient) -> None:
    kept = client.post("/api/v1/tickets", json=BODY, headers={"X-Correlation-ID": "caller-1234"})
    assert kept.headers["x-correlation-id"] == "caller-1234"
    replaced = client.post("/api/v1/tickets", json=BODY, headers={"X-Correlation-ID": "a b\tc<script>"})
    assert replaced.headers["x-correlation-id"] != "a b\tc<script>"


def test_a_line_that_breaks_during_the_short_way_stores_the_message_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/api/v1/tickets", json=BODY)
    first = database.AtOnce.first

    def stores_and_breaks(self: database.AtOnce, statement: str, values: Mapping[str, object]) -> object:
        first(self, statement, values)
        raise psycopg.OperationalError("the line broke after the commit")

    monkeypatch.setattr(database.AtOnce, "first", stores_and_breaks)
    answer = client.post("/api/v1/tickets", json=BODY)
    assert answer.status_code == 202
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 2
        stored = session.scalars(select(Ticket.public_id).order_by(Ticket.id.desc())).first()
    assert answer.json()["ticket_id"] == stored
