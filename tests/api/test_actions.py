"""Actions by REST: who sees them, who decides."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts import audit, credentials, tokens, users
from accounts.permissions import Permission, Role
from api import actions as door
from runtime import web
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.proposals import CLOSE, a_proposal
from tickets.actions import EXECUTE_ACTION


def client(secret: str) -> TestClient:
    app = FastAPI()
    web.install(app)
    app.include_router(door.router)
    headers = {"Authorization": f"Bearer {secret}"}
    return TestClient(app, headers=headers, raise_server_exceptions=False)


def staff(role: Role = Role.AGENT, name: str = "Bob") -> TestClient:
    with transaction() as session:
        mail = f"{name.lower()}@desk.example"
        user = users.create_user(session, mail, name=name, role=role, password="correct horse battery")
        return client(tokens.start(session, user).access_token)


def audited(target: str) -> list[str]:
    with transaction() as session:
        return [one.action for one in audit.entries(session, target=target)]


def test_a_tickets_actions_are_listed_in_plain_words(run_jobs: CollectedJobs) -> None:
    ticket, action = a_proposal()
    answer = staff(Role.READONLY).get(f"/api/v1/tickets/{ticket}/actions")
    assert answer.status_code == 200
    [listed] = answer.json()["actions"]
    assert (listed["action_id"], listed["state"]) == (action, "awaiting_approval")
    assert listed["sentence"] == "Refund 49.00 EUR for order A-1001 to Alice"
    assert listed["arguments"] == {"order_id": "A-1001", "amount": "49.00", "currency": "EUR"}
    assert listed["checks"] == ["Ordered 3 days ago, within 30."]


def test_staff_approve_once_and_it_is_asked_for_and_audited(run_jobs: CollectedJobs) -> None:
    _ticket, action = a_proposal()
    run_jobs.lose()
    bob = staff()
    body = {"seen_seq": 1, "answer": "Your money is on its way."}
    approved = bob.post(f"/api/v1/actions/{action}/approve", json=body)
    assert approved.status_code == 200, approved.text
    assert (approved.json()["state"], approved.json()["answer"]) == ("approved", "Your money is on its way.")
    assert run_jobs.names() == [EXECUTE_ACTION]
    assert audited(action) == ["action.approved"]
    again = bob.post(f"/api/v1/actions/{action}/approve", json=body)
    assert (again.status_code, again.json()["detail"]) == (409, "This action is approved already.")
    assert run_jobs.names() == [EXECUTE_ACTION]


def test_a_decline_needs_a_reason_and_ends_it(run_jobs: CollectedJobs) -> None:
    _ticket, action = a_proposal()
    bob = staff()
    assert bob.post(f"/api/v1/actions/{action}/decline", json={"reason": "  "}).status_code == 422
    declined = bob.post(f"/api/v1/actions/{action}/decline", json={"reason": "The item was used."})
    assert (declined.json()["state"], declined.json()["outcome"]) == ("declined", "The item was used.")
    assert bob.post(f"/api/v1/actions/{action}/approve", json={"seen_seq": 1}).status_code == 409


def test_a_program_does_not_stand_in_for_a_person(run_jobs: CollectedJobs) -> None:
    _ticket, action = a_proposal()
    with transaction() as session:
        scopes = [str(Permission.APPROVE_ACTIONS), str(Permission.READ_TICKETS)]
        key = credentials.create_api_key(session, "robot", scopes=scopes)
    refused = client(key).post(f"/api/v1/actions/{action}/approve", json={"seen_seq": 1})
    assert refused.status_code == 403
    assert audited(action) == ["action.approval_refused"]


def test_who_only_reads_decides_nothing(run_jobs: CollectedJobs) -> None:
    _ticket, action = a_proposal()
    reader = staff(Role.READONLY)
    assert reader.post(f"/api/v1/actions/{action}/approve", json={"seen_seq": 1}).status_code == 403
    assert reader.post(f"/api/v1/actions/{action}/decline", json={"reason": "No."}).status_code == 403


def test_before_the_customer_has_proven_who_they_are_nothing_is_approved(run_jobs: CollectedJobs) -> None:
    _ticket, action = a_proposal(CLOSE)
    refused = staff().post(f"/api/v1/actions/{action}/approve", json={"seen_seq": 1})
    assert refused.status_code == 409
    assert "proven who they are" in refused.json()["detail"]


def test_with_two_persons_wanted_one_is_not_enough(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_AGENT_ACTION_APPROVERS", "2")
    settings.cache_clear()
    _ticket, action = a_proposal()
    run_jobs.lose()
    bob, carol = staff(), staff(name="Carol")
    first = bob.post(f"/api/v1/actions/{action}/approve", json={"seen_seq": 1})
    assert first.json()["state"] == "awaiting_approval"
    same = bob.post(f"/api/v1/actions/{action}/approve", json={"seen_seq": 1})
    assert (same.status_code, "second person" in same.json()["detail"]) == (409, True)
    assert run_jobs.names() == []
    second = carol.post(f"/api/v1/actions/{action}/approve", json={"seen_seq": 1})
    assert second.json()["state"] == "approved"
    assert len(second.json()["approved_by"]) == 2
    assert run_jobs.names() == [EXECUTE_ACTION]


@pytest.mark.parametrize("path", ["ACT-0000000000000000", "ACT-1", "nonsense"])
def test_an_action_that_does_not_exist_is_named(run_jobs: CollectedJobs, path: str) -> None:
    answer = staff().post(f"/api/v1/actions/{path}/approve", json={"seen_seq": 1})
    assert answer.status_code in (404, 422)
