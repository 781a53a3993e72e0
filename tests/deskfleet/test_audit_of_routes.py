"""What staff do and see over REST and in the console is in the audit log, whichever the route."""

from fastapi.testclient import TestClient

from accounts import audit, credentials, trail, users
from accounts.permissions import Role
from console.sessions import COOKIE
from deskfleet.web import create_app
from ingestion import intake
from runtime.database import transaction
from tests.api.whole_desk import PASSWORD, staff
from tests.jobs import CollectedJobs
from tests.samples import a_message


def told() -> list[tuple[str, str, object]]:
    with transaction() as session:
        found = [(one.action, one.target, one.data.get("route")) for one in audit.entries(session)]
    return [one for one in found if one[0].startswith("request.")][::-1]


def a_ticket() -> str:
    with transaction() as session:
        return intake.receive(session, a_message()).public_id


def test_over_rest_a_view_a_write_and_a_refusal_are_told(run_jobs: CollectedJobs) -> None:
    trail.forget()
    ticket = a_ticket()
    app = create_app()
    reader = staff(Role.READONLY, app=app, name="Bob")
    reader.get(f"/api/v1/tickets/{ticket}")
    reader.put(f"/api/v1/tickets/{ticket}/status", json={"status": "in_progress"})
    staff(Role.AGENT, app=app).put(f"/api/v1/tickets/{ticket}/status", json={"status": "in_progress"})
    assert told() == [
        ("request.view", ticket, "/api/v1/tickets/{ticket_id}"),
        ("request.refused", ticket, "/api/v1/tickets/{ticket_id}/status"),
        ("request.write", ticket, "/api/v1/tickets/{ticket_id}/status"),
    ]


def test_in_the_console_the_same_is_told(run_jobs: CollectedJobs) -> None:
    trail.forget()
    ticket = a_ticket()
    with transaction() as session:
        user = users.create_user(session, "bob@example.com", name="Bob", role=Role.AGENT, password=PASSWORD)
        secret = credentials.start_session(session, user)
    browser = TestClient(create_app(), raise_server_exceptions=False, cookies={COOKIE: secret})
    assert browser.get(f"/console/tickets/{ticket}").status_code == 200
    form = {"csrf": credentials.csrf_token(secret), "text": "He called twice."}
    assert browser.post(f"/console/tickets/{ticket}/note", data=form).status_code == 200
    browser.post("/console/articles", data={"csrf": form["csrf"]})
    browser.post(f"/console/tickets/{ticket}/note", data={"text": "x"})
    assert told() == [
        ("request.view", ticket, "/console/tickets/{public_id}"),
        ("request.write", ticket, "/console/tickets/{public_id}/note"),
        ("request.refused", "", "/console/articles"),
        ("request.refused", ticket, "/console/tickets/{public_id}/note"),
    ]


def test_what_a_program_takes_in_is_counted_and_not_told_one_by_one(run_jobs: CollectedJobs) -> None:
    agent = staff(Role.AGENT)
    assert agent.post("/api/v1/tickets", json={"description": "Where is my parcel?"}).status_code == 202
    assert told() == []
