"""REST of the moves of a ticket: what they answer, and whom they refuse."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts import tokens, users
from accounts.permissions import Role
from api import ticket_moves
from runtime import web
from runtime.database import transaction
from tests.console.desk import escalated
from tests.jobs import CollectedJobs
from tickets.contracts import Channel


def client(role: Role) -> TestClient:
    app = FastAPI()
    web.install(app)
    app.include_router(ticket_moves.router)
    with transaction() as session:
        user = users.create_user(
            session, f"{role}@example.com", name="Bob", role=role, password="a password of twenty"
        )
        token = tokens.start(session, user).access_token
    return TestClient(app, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False)


@pytest.fixture
def agent(run_jobs: CollectedJobs) -> TestClient:
    return client(Role.AGENT)


def moment(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def test_each_move_answers_with_the_ticket_that_goes_on(agent: TestClient) -> None:
    first = escalated(channel=Channel.MAIL, text="Where is it? And the invoice?")
    address = f"/api/v1/tickets/{first}"
    assert agent.post(f"{address}/snooze", json={"until": moment(2)}).json()["status"] == "snoozed"
    split = agent.post(f"{address}/split", json={"seq": 1, "subject": "The invoice"})
    assert (split.status_code, split.json()["subject"]) == (201, "The invoice")
    new = split.json()["ticket_id"]
    merged = agent.post(f"/api/v1/tickets/{new}/merge", json={"into": first})
    assert (merged.json()["ticket_id"], merged.json()["status"]) == (first, "escalated")
    assert agent.post(f"{address}/hand-back", json={"seen_seq": 1}).json()["status"] == "open"


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        ("snooze", {"until": moment(-1)}, 422),
        ("snooze", {"until": "2026-12-01T09:00:00"}, 422),
        ("snooze", {}, 422),
        ("merge", {"into": "TKT-20200101-NOTHERE0"}, 404),
        ("split", {"seq": 0}, 422),
        ("split", {"seq": 77}, 404),
        ("hand-back", {"seen_seq": -1}, 422),
    ],
)
def test_what_cannot_be_is_refused(
    agent: TestClient, what: str, body: dict[str, object], status: int
) -> None:
    public_id = escalated()
    assert agent.post(f"/api/v1/tickets/{public_id}/{what}", json=body).status_code == status


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("snooze", {"until": moment(2)}),
        ("merge", {"into": "TKT-20200101-NOTHERE0"}),
        ("split", {"seq": 1}),
        ("hand-back", {}),
    ],
)
def test_who_may_only_read_moves_nothing(run_jobs: CollectedJobs, what: str, body: dict[str, object]) -> None:
    public_id = escalated()
    response = client(Role.READONLY).post(f"/api/v1/tickets/{public_id}/{what}", json=body)
    assert response.status_code == 403
