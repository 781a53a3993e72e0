"""REST of templates, summaries and webhooks: who may what, and what a wrong body is told."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts import tokens, users
from accounts.permissions import Role
from agent_core.summary_tasks import summarize_ticket
from api import summaries, templates, webhooks
from runtime import web
from runtime.database import transaction
from tests.console.desk import escalated
from tests.jobs import CollectedJobs
from tickets import queries

BODY = {"kind": "first_response", "name": "Hello", "text": "Dear {{customer_name}}"}


def client(role: Role) -> TestClient:
    app = FastAPI()
    web.install(app)
    for door in (templates, summaries, webhooks):
        app.include_router(door.router)
    with transaction() as session:
        user = users.create_user(
            session, f"{role}@example.com", name="Bob", role=role, password="a password of twenty"
        )
        token = tokens.start(session, user).access_token
    return TestClient(app, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False)


@pytest.fixture
def manager(run_jobs: CollectedJobs) -> TestClient:
    return client(Role.MANAGER)


def test_templates_are_added_filtered_changed_and_withdrawn(manager: TestClient) -> None:
    added = manager.post("/api/v1/templates", json=BODY | {"severities": ["critical"]})
    assert added.status_code == 201
    manager.post("/api/v1/templates", json=BODY | {"kind": "resolution", "name": "Bye"})
    address = f"/api/v1/templates/{added.json()['template_id']}"

    def names(query: str = "") -> list[str]:
        return [one["name"] for one in manager.get(f"/api/v1/templates{query}").json()["templates"]]

    assert names() == ["Hello", "Bye"]
    assert names("?kind=resolution") == ["Bye"]
    assert names("?severity=low") == ["Bye"]
    assert names("?kind=first_response&severity=critical") == ["Hello"]
    assert manager.put(address, json=BODY | {"name": "Hi"}).json()["name"] == "Hi"
    assert manager.delete(address).status_code == 204
    assert manager.delete(address).status_code == 404
    assert names() == ["Bye"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": "Dear {{nobody}}"}, "text"),
        ({"kind": "poem"}, "kind"),
        ({"categories": ["nonsense"]}, "category"),
        ({"language": "xx"}, "language"),
        ({"severities": ["7"]}, "severities.0"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_field_is_named(manager: TestClient, change: dict[str, object], field: str) -> None:
    response = manager.post("/api/v1/templates", json=BODY | change)
    assert (response.status_code, response.json()["field"]) == (422, field)


def test_the_same_name_twice_is_a_conflict(manager: TestClient) -> None:
    manager.post("/api/v1/templates", json=BODY)
    assert manager.post("/api/v1/templates", json=BODY).status_code == 409


def test_templates_are_suggested_for_a_ticket_filled_in(manager: TestClient) -> None:
    manager.post("/api/v1/templates", json=BODY)
    public_id = escalated()
    [one] = manager.post("/api/v1/templates/suggest", json={"ticket_id": public_id}).json()["suggestions"]
    assert (one["text"], one["missing"]) == ("Dear Alice", [])
    assert 0 < one["fit"] <= 1
    missing = manager.post("/api/v1/templates/suggest", json={"ticket_id": "TKT-20200101-NOTHERE0"})
    assert missing.status_code == 404


def test_who_may_not_write_reads_all_the_same(manager: TestClient) -> None:
    reader = client(Role.READONLY)
    assert reader.get("/api/v1/templates").status_code == 200
    assert reader.post("/api/v1/templates", json=BODY).status_code == 403
    assert reader.get("/api/v1/webhooks").status_code == 403
    assert manager.get("/api/v1/webhooks").status_code == 403


def test_a_summary_is_asked_for_and_read(manager: TestClient) -> None:
    public_id = escalated(text="Where is my parcel?")
    assert manager.get(f"/api/v1/tickets/{public_id}/summary").status_code == 404
    asked = manager.post(f"/api/v1/tickets/{public_id}/summarize")
    assert (asked.status_code, asked.json()["is_awaited"]) == (202, True)
    with transaction() as session:
        summarize_ticket(queries.find_ticket(session, public_id).id)
    found = manager.get(asked.headers["Location"]).json()
    assert found["summary"] == "Customer: Where is my parcel?"
    assert (found["is_current"], found["is_awaited"]) == (True, False)


def test_an_admin_adds_and_removes_a_webhook_and_the_secret_is_shown_once(run_jobs: CollectedJobs) -> None:
    admin = client(Role.ADMIN)
    body = {"kind": "signed", "url": "https://hooks.example.com/x", "topics": ["escalated"]}
    added = admin.post("/api/v1/webhooks", json=body)
    assert added.status_code == 201
    assert added.json()["secret"].startswith("whsec_")
    [shown] = admin.get("/api/v1/webhooks").json()["webhooks"]
    assert shown["url"] == body["url"]
    assert "secret" not in shown
    address = f"/api/v1/webhooks/{added.json()['webhook_id']}"
    assert admin.delete(address).status_code == 204
    assert admin.get("/api/v1/webhooks").json() == {"webhooks": [], "next_cursor": None}
    refused = admin.post("/api/v1/webhooks", json=body | {"url": "http://hooks.example.com"})
    assert (refused.status_code, refused.json()["field"]) == (422, "url")
