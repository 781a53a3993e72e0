"""Figures by REST."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts.permissions import Permission
from api import stats
from runtime import web
from runtime.database import transaction
from tests.analytics.test_stories import answered_by_agent, answered_by_staff, number_of
from tests.api.test_forecast import use_key
from tests.jobs import CollectedJobs
from tickets import corrections
from tickets.corrections import Verdict


@pytest.fixture
def client(run_jobs: CollectedJobs) -> Iterator[TestClient]:
    app = FastAPI()
    web.install(app)
    app.include_router(stats.router)
    with TestClient(app, raise_server_exceptions=False) as client:
        use_key(client, Permission.READ_FIGURES)
        yield client


def test_the_figures_of_today_by_day_and_by_category(client: TestClient) -> None:
    answered_by_agent()
    answered_by_staff()
    found = client.get("/api/v1/stats").json()
    today = datetime.now(UTC).date().isoformat()
    assert found["until"] == today
    assert (found["figures"]["tickets"], found["figures"]["escalation"]) == (2, 0.5)
    assert found["figures"]["durable_resolution"] is None
    assert found["figures"]["cost_per_ticket_usd"] == 0.125
    assert found["reasons"] == {"vip": 1}
    assert [(one["part"], one["tickets"]) for one in found["parts"]] == [(today, 2)]
    by_category = client.get("/api/v1/stats?by=category").json()["parts"]
    assert [(one["part"], one["satisfaction"]) for one in by_category] == [("shipping", 5.0)]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("since=2026-03-02&until=2026-03-01", "ends before it begins"),
        ("since=2020-03-02&until=2026-03-01", "366 days at most"),
    ],
)
def test_a_span_that_cannot_be_is_refused(client: TestClient, query: str, problem: str) -> None:
    answer = client.get(f"/api/v1/stats?{query}")
    assert answer.status_code == 422
    assert problem in answer.json()["detail"]


def test_it_is_for_those_who_may_read_figures(client: TestClient) -> None:
    use_key(client, Permission.READ_TICKETS)
    assert client.get("/api/v1/stats").status_code == 403


def test_what_is_proven_of_each_category_is_told(client: TestClient) -> None:
    number = number_of(answered_by_agent())
    with transaction() as session:
        corrections.give_verdict(session, number, Verdict.RIGHT, staff="AGENT-1")
    (found,) = client.get("/api/v1/stats/gates").json()
    assert (found["category"], found["threshold"], found["labels"]) == ("shipping", None, 1)
    assert found["more_needed"] == 148
    (careless,) = client.get("/api/v1/stats/gates?error=0.99&risk=0.9").json()
    assert careless["threshold"] is not None
    assert client.get("/api/v1/stats/gates?error=0").status_code == 422
