"""Writes, refusals and views of personal data are in the audit log, whatever the route."""

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from accounts import audit, trail
from accounts.access import allowed
from accounts.models import AuditEntry
from accounts.permissions import Permission, Principal, Role
from accounts.trail import Trail
from runtime import limits, web
from runtime.database import transaction
from runtime.errors import Conflict
from tests.accounts.staff import a_token, a_user

Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]
Worker = Annotated[Principal, Depends(allowed(Permission.WORK_TICKETS))]


@pytest.fixture
def app(database: str) -> FastAPI:
    app = FastAPI()
    web.install(app)
    app.add_middleware(Trail)
    trail.forget()

    @app.get("/api/v1/customers/{customer_id}")
    def read(customer_id: str, _who: Reader) -> str:
        return customer_id

    @app.get("/api/v1/tickets")
    def read_many(_who: Reader) -> str:
        return "many"

    @app.put("/api/v1/tickets/{ticket_id}/status")
    def write(ticket_id: str, _who: Worker) -> str:
        if ticket_id == "TKT-2":
            raise Conflict("Not now.")
        return ticket_id

    @app.post("/api/v1/things")
    def tells_itself(who: Worker) -> str:
        with transaction() as session:
            audit.record(session, audit.Action.CREATE_KEY, actor=who.public_id)
        return "done"

    return app


def client(app: FastAPI, role: Role = Role.AGENT) -> tuple[TestClient, str]:
    user = a_user(role=role)
    headers = {"Authorization": f"Bearer {a_token(user)}", "X-Correlation-ID": "request-0001"}
    return TestClient(app, headers=headers, raise_server_exceptions=False), user.public_id


def told() -> list[AuditEntry]:
    with transaction() as session:
        return audit.entries(session)


def test_a_view_of_a_customer_is_told_with_who_whom_and_how(app: FastAPI) -> None:
    asking, me = client(app)
    assert asking.get("/api/v1/customers/CUST-1").status_code == 200
    [entry] = told()
    assert (entry.action, entry.actor, entry.target) == ("request.view", me, "CUST-1")
    assert entry.data == {"method": "GET", "route": "/api/v1/customers/{customer_id}", "status": 200}
    assert (entry.address, entry.correlation_id) == ("testclient", "request-0001")


def test_the_same_view_within_a_minute_is_one_view_and_lists_are_none(app: FastAPI) -> None:
    asking, _me = client(app)
    for _ in range(3):
        asking.get("/api/v1/customers/CUST-1")
    asking.get("/api/v1/customers/CUST-2")
    asking.get("/api/v1/tickets")
    assert [one.target for one in told()] == ["CUST-2", "CUST-1"]


def test_every_write_is_told_and_what_failed_is_none(app: FastAPI) -> None:
    asking, _me = client(app)
    for ticket in ("TKT-1", "TKT-1", "TKT-2"):
        asking.put(f"/api/v1/tickets/{ticket}/status")
    assert [(one.action, one.target) for one in told()] == [("request.write", "TKT-1")] * 2


def test_what_has_told_the_log_itself_is_told_once(app: FastAPI) -> None:
    asking, _me = client(app)
    asking.post("/api/v1/things")
    assert [one.action for one in told()] == ["key.created"]


def test_a_refusal_is_told_with_whom_it_was_for(app: FastAPI) -> None:
    asking, me = client(app, Role.READONLY)
    assert asking.put("/api/v1/tickets/TKT-1/status").status_code == 403
    TestClient(app).put("/api/v1/tickets/TKT-1/status", headers={"X-API-Key": "dfk_guess"})
    assert [(one.action, one.actor, one.data["status"]) for one in told()] == [
        ("request.refused", "nobody", 401),
        ("request.refused", me, 403),
    ]


def test_whoever_guesses_does_not_fill_the_log(app: FastAPI) -> None:
    limits.forget()
    stranger = TestClient(app, headers={"X-API-Key": "dfk_guess"})
    for _ in range(40):
        stranger.get("/api/v1/tickets")
    assert 30 <= len(told()) < 40


def test_what_cannot_be_told_is_not_shown(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    asking, _me = client(app)
    asking.get("/api/v1/tickets")  # So that who asks is known.

    def fail(*_values: object, **_named: object) -> None:
        raise Conflict("The log cannot be written.")

    monkeypatch.setattr(audit, "record", fail)
    response = asking.get("/api/v1/customers/CUST-SECRET")
    assert response.status_code == 500
    assert "CUST-SECRET" not in response.text
