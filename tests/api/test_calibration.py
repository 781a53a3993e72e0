"""REST of what is proven of the answers, and of the sample that staff check."""

import pytest
from fastapi.testclient import TestClient

from accounts.permissions import Role
from analytics import audit_sample
from api import calibration
from runtime.database import transaction
from runtime.settings import settings
from tests.api.desk import receive, staff
from tests.jobs import CollectedJobs
from tests.samples import a_decision, claimed_case
from tickets import lifecycle


@pytest.fixture
def manager(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """At a desk that checks every reply and has sent one."""
    monkeypatch.setenv("DESKFLEET_ANALYTICS_AUDIT_SHARE", "1")
    settings.cache_clear()
    receive(text="How long?")
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft="Three days.", confidence=0.9))
        audit_sample.consider(session, case)
    client = staff(Role.MANAGER)
    client.app.include_router(calibration.router)  # type: ignore[attr-defined]  # an application
    return client


def test_a_check_is_listed_answered_and_counted(manager: TestClient) -> None:
    listed = manager.get("/api/v1/checks").json()
    assert (listed["waiting"], listed["checks"][0]["answer"]) == (1, "Three days.")
    number = listed["checks"][0]["decision_id"]
    for verdict in ("wrong", "right"):
        done = manager.post(f"/api/v1/checks/{number}", json={"verdict": verdict})
        assert (done.status_code, done.json()["verdict"]) == (200, verdict)
    assert manager.get("/api/v1/checks").json() == {"waiting": 0, "checks": []}
    found = manager.get("/api/v1/calibration").json()
    assert (found["gate"], found["honesty"]["answers"]) == ("observe", 1)
    (category,) = found["categories"]
    assert (category["category"], category["state"], category["more_needed"]) == ("shipping", "closed", 148)
    assert category["honesty"]["bins"] == [{"texts": 1, "confidence": 0.9, "accuracy": 1.0}]


def test_a_desk_without_checks_has_no_figures_yet(manager: TestClient) -> None:
    found = manager.get("/api/v1/calibration").json()
    assert (found["categories"], found["honesty"]["error"], found["open_checks"]) == ([], None, 1)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/checks/99", {"verdict": "right"}, 404),
        ("/api/v1/checks/1", {"verdict": "perhaps"}, 422),
        ("/api/v1/checks/1", {"verdict": "right", "why": "x" * 1_001}, 422),
        ("/api/v1/checks/0", {"verdict": "right"}, 422),
    ],
)
def test_bad_answers_are_refused(manager: TestClient, path: str, body: dict[str, str], status: int) -> None:
    assert manager.post(path, json=body).status_code == status
