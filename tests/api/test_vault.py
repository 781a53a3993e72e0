"""The original of a message: for whom, and with which trace."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from accounts import audit, credentials, users
from accounts.permissions import Role
from api import auth, vault
from ingestion import intake
from runtime import web
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets.models import Message

PASSWORD = "correct horse battery"
TEXT = "My card 4111 1111 1111 1111 was charged twice"


@pytest.fixture
def client(run_jobs: CollectedJobs) -> Iterator[TestClient]:
    app = FastAPI()
    web.install(app)
    app.include_router(auth.router)
    app.include_router(vault.router)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def message_id(client: TestClient) -> int:
    with transaction() as session:
        intake.receive(session, a_message(text=TEXT))
        return session.scalars(select(Message.id)).one()


def log_in(client: TestClient, role: Role) -> str:
    with transaction() as session:
        user = users.create_user(session, f"{role}@example.com", name="Bob", role=role, password=PASSWORD)
    response = client.post("/auth/token", data={"username": f"{role}@example.com", "password": PASSWORD})
    client.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
    return user.public_id


def entries() -> list[tuple[str, str, str]]:
    with transaction() as session:
        found = audit.entries(session)
    quiet = (audit.Action.LOG_IN, audit.Action.CREATE_KEY)
    return [(one.action, one.actor, one.target) for one in found if one.action not in quiet]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_who_leads_sees_the_original_and_the_view_is_audited(
    client: TestClient, message_id: int, role: Role
) -> None:
    me = log_in(client, role)
    response = client.get(f"/api/v1/messages/{message_id}/original")
    assert response.status_code == 200
    assert response.json() == {"message_id": message_id, "text": TEXT, "kinds": ["CREDIT_CARD"]}
    assert entries() == [("original.viewed", me, f"message:{message_id}")]
    with transaction() as session:
        assert "4111" not in str(audit.entries(session)[0].data)


@pytest.mark.parametrize("role", [Role.READONLY, Role.AGENT])
def test_others_are_refused_and_the_refusal_is_audited(
    client: TestClient, message_id: int, role: Role
) -> None:
    me = log_in(client, role)
    response = client.get(f"/api/v1/messages/{message_id}/original")
    assert response.status_code == 403
    assert "4111" not in response.text
    assert entries() == [("original.refused", me, f"message:{message_id}")]


def test_a_key_needs_the_scope(client: TestClient, message_id: int) -> None:
    with transaction() as session:
        key = credentials.create_api_key(session, "reports", scopes=["tickets:read"])
        seeing = credentials.create_api_key(session, "compliance", scopes=["vault:read"])
    path = f"/api/v1/messages/{message_id}/original"
    assert client.get(path, headers={"X-API-Key": key}).status_code == 403
    assert client.get(path, headers={"X-API-Key": seeing}).json()["text"] == TEXT
    assert [action for action, _actor, _target in entries()] == ["original.viewed", "original.refused"]


def test_nobody_is_refused_before_anything_is_looked_up(client: TestClient, message_id: int) -> None:
    assert client.get(f"/api/v1/messages/{message_id}/original").status_code == 401
    assert entries() == []


def test_a_message_that_is_not_there_is_a_404_without_a_view(client: TestClient, message_id: int) -> None:
    log_in(client, Role.ADMIN)
    assert client.get(f"/api/v1/messages/{message_id + 1}/original").status_code == 404
    assert client.get(f"/api/v1/messages/{10**30}/original").status_code == 422
    assert client.get("/api/v1/messages/x/original").status_code == 422
    assert entries() == []
