"""Alerts by REST: who may read them, who may say that they were seen."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts import credentials
from accounts.permissions import Permission
from api import alerts as api_alerts
from runtime import web
from runtime.database import transaction
from tickets import alerts
from tickets.alerts import AlertKind


@pytest.fixture
def client(database: str) -> Iterator[TestClient]:
    app = FastAPI()
    web.install(app)
    app.include_router(api_alerts.router)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def use_key(client: TestClient, *scopes: Permission) -> None:
    with transaction() as session:
        key = credentials.create_api_key(session, "Bob's program", scopes=[str(one) for one in scopes])
    client.headers["Authorization"] = f"Bearer {key}"


def raised() -> str:
    with transaction() as session:
        alerts.raise_alert(session, AlertKind.MAILBOX_SILENT, "desk", "The mailbox is not read.")
        return alerts.list_alerts(session)[0].public_id


def test_an_open_alert_is_listed_and_acknowledged(client: TestClient) -> None:
    alert_id = raised()
    use_key(client, Permission.READ_TICKETS, Permission.WORK_TICKETS)
    (listed,) = client.get("/api/v1/alerts").json()["alerts"]
    assert (listed["alert_id"], listed["kind"], listed["acknowledged_at"]) == (
        alert_id,
        "mailbox_silent",
        None,
    )
    seen = client.post(f"/api/v1/alerts/{alert_id}/acknowledge").json()
    assert seen["acknowledged_by"]
    assert seen["cleared_at"] is None


def test_what_is_over_is_listed_on_request(client: TestClient) -> None:
    raised()
    with transaction() as session:
        alerts.clear(session, AlertKind.MAILBOX_SILENT)
    use_key(client, Permission.READ_TICKETS)
    assert client.get("/api/v1/alerts").json() == {"alerts": [], "next_cursor": None}
    (past,) = client.get("/api/v1/alerts?all=true").json()["alerts"]
    assert past["cleared_at"]


def test_who_may_only_read_does_not_acknowledge(client: TestClient) -> None:
    alert_id = raised()
    use_key(client, Permission.READ_TICKETS)
    assert client.post(f"/api/v1/alerts/{alert_id}/acknowledge").status_code == 403
    use_key(client, Permission.READ_KNOWLEDGE)
    assert client.get("/api/v1/alerts").status_code == 403


def test_an_alert_that_is_not_there_is_a_404(client: TestClient) -> None:
    use_key(client, Permission.WORK_TICKETS)
    assert client.post("/api/v1/alerts/ALERT-NONE/acknowledge").status_code == 404
