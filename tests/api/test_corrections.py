"""REST: correct what the AI judged, and say whether it was right."""

import pytest
from fastapi.testclient import TestClient

from accounts.permissions import Role
from runtime.database import transaction
from tests.api.desk import receive, staff
from tests.jobs import CollectedJobs
from tests.samples import a_decision, claimed_case
from tickets import lifecycle
from tickets.contracts import Judgement, Priority, Reason

JUDGED = Judgement(
    "shipping", Priority.NORMAL, -0.7, "en", 0.62, "Asks where the parcel is.", group="general",
    intent="know where it is", reasoning="It speaks of a parcel.", raw_confidence=0.8, urgency=("urgent",),
    model="anthropic:m", processing_ms=812, input_tokens=300, output_tokens=40, cost_usd=0.0015,
)  # fmt: skip


@pytest.fixture
def worker(run_jobs: CollectedJobs) -> TestClient:
    return staff(Role.AGENT)


def judged() -> str:
    """A ticket that the AI gave to staff; its id."""
    public_id = receive(text="Where is my parcel?").public_id
    case = claimed_case()
    with transaction() as session:
        lifecycle.escalate(session, case, a_decision(reason=Reason.NO_ANSWER_FOUND, judgement=JUDGED))
    return public_id


def test_a_ticket_shows_the_whole_judgement(worker: TestClient) -> None:
    shown = worker.get(f"/api/v1/tickets/{judged()}").json()["analysis"]
    assert shown == {
        "category": "shipping", "group": "general", "priority": "normal", "sentiment": -0.7, "mood": "negative",
        "language": "en", "intent": "know where it is", "summary": "Asks where the parcel is.",
        "reasoning": "It speaks of a parcel.", "confidence": 0.62, "raw_confidence": 0.8, "urgency": ["urgent"],
        "model": "anthropic:m", "processing_ms": 812, "input_tokens": 300, "output_tokens": 40, "cost_usd": 0.0015,
        "verdict": None,
    }  # fmt: skip


def test_before_the_ai_has_judged_there_is_no_analysis(worker: TestClient) -> None:
    public_id = receive().public_id
    assert worker.get(f"/api/v1/tickets/{public_id}").json()["analysis"] is None


def test_a_correction_changes_the_ticket_and_not_what_the_ai_said(worker: TestClient) -> None:
    public_id = judged()
    response = worker.put(
        f"/api/v1/tickets/{public_id}/judgement", json={"category": "billing_inquiry", "priority": "high"}
    )
    assert response.status_code == 200
    shown = response.json()
    assert (shown["category"], shown["priority"]) == ("billing_inquiry", "high")
    assert (shown["analysis"]["category"], shown["analysis"]["priority"]) == ("shipping", "normal")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"category": "poetry"}, "poetry"),
        ({"priority": "enormous"}, "priority"),
        ({"mood": "blue"}, "mood"),
        ({}, "name a category, a priority or a mood"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_refused_and_named(worker: TestClient, body: dict[str, str], named: str) -> None:
    response = worker.put(f"/api/v1/tickets/{judged()}/judgement", json=body)
    assert response.status_code == 422
    assert named in response.text


def test_a_verdict_is_shown_with_the_analysis(worker: TestClient) -> None:
    public_id = judged()
    path = f"/api/v1/tickets/{public_id}/verdict"
    assert worker.put(path, json={"verdict": "wrong", "why": "Too short."}).status_code == 200
    assert worker.get(f"/api/v1/tickets/{public_id}").json()["analysis"]["verdict"] == "wrong"
    assert worker.put(path, json={"verdict": "right"}).json()["analysis"]["verdict"] == "right"
    assert worker.put(path, json={"verdict": "perhaps"}).status_code == 422
    unanswered = receive().public_id
    refused = worker.put(f"/api/v1/tickets/{unanswered}/verdict", json={"verdict": "right"})
    assert refused.status_code == 409
    assert "has not answered" in refused.json()["detail"]


def test_who_may_only_read_corrects_nothing(worker: TestClient) -> None:
    public_id = judged()
    reader = staff(Role.READONLY)
    for path, body in (("judgement", {"category": "bug_report"}), ("verdict", {"verdict": "wrong"})):
        assert reader.put(f"/api/v1/tickets/{public_id}/{path}", json=body).status_code == 403
    assert worker.get(f"/api/v1/tickets/{public_id}").json()["category"] == "shipping"


def test_a_ticket_that_is_not_there_is_a_404(worker: TestClient) -> None:
    path = "/api/v1/tickets/TKT-20260101-AAAAAAAA"
    assert worker.put(f"{path}/judgement", json={"mood": "neutral"}).status_code == 404
    assert worker.put(f"{path}/verdict", json={"verdict": "right"}).status_code == 404
