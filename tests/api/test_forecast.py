"""Forecast and staffing by REST."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts import credentials
from accounts.permissions import Permission
from analytics import volume
from analytics.desk_forecast import refit
from api import forecast
from runtime import web
from runtime.database import transaction
from tests.analytics.test_desk_forecast import past
from tests.jobs import CollectedJobs


@pytest.fixture
def client(run_jobs: CollectedJobs) -> Iterator[TestClient]:
    app = FastAPI()
    web.install(app)
    app.include_router(forecast.router)
    with TestClient(app, raise_server_exceptions=False) as client:
        use_key(client, Permission.READ_FIGURES)
        yield client


def use_key(client: TestClient, *scopes: Permission) -> None:
    with transaction() as session:
        key = credentials.create_api_key(session, "Bob's program", scopes=[str(one) for one in scopes])
    client.headers["Authorization"] = f"Bearer {key}"


@pytest.fixture
def fitted(client: TestClient) -> TestClient:
    with transaction() as session:
        volume.add(session, past(60, until=datetime.now(UTC)))
    refit()
    return client


def test_hours_have_a_point_an_interval_a_peak_and_a_total(fitted: TestClient) -> None:
    found = fitted.get("/api/v1/forecast/hourly?hours=24").json()
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    assert datetime.fromisoformat(found["bins"][0]["at"]) == this_hour
    assert len(found["bins"]) == 24
    assert found["total"] == pytest.approx(sum(one["expected"] for one in found["bins"]), abs=0.1)
    assert found["peak"]["expected"] == max(one["expected"] for one in found["bins"])
    assert found["is_enough"]


def test_days_begin_today_and_can_be_of_one_channel(fitted: TestClient) -> None:
    days = fitted.get("/api/v1/forecast/daily?days=3&channel=mail").json()["bins"]
    assert [one["at"][:10] for one in days] == [
        (datetime.now(UTC) + timedelta(days=number)).date().isoformat() for number in range(3)
    ]
    assert fitted.get("/api/v1/forecast/daily?channel=x").status_code == 404


def test_more_people_are_needed_for_a_better_service_and_for_the_upper_end(fitted: TestClient) -> None:
    modest = fitted.get("/api/v1/forecast/staffing?service_level=0.5&handling_s=600").json()
    good = fitted.get("/api/v1/forecast/staffing?service_level=0.95&handling_s=600").json()
    assert modest["staff_share"] == 1.0
    pairs = list(zip(modest["hours"], good["hours"], strict=True))
    assert len(pairs) == 24
    assert all(one["needed"]["at_work"] <= other["needed"]["at_work"] for one, other in pairs)
    assert sum(other["needed"]["at_work"] for _, other in pairs) > sum(
        one["needed"]["at_work"] for one, _ in pairs
    )
    assert all(one["needed_high"]["at_work"] >= one["needed"]["at_work"] for one in good["hours"])
    assert all(one["needed"]["answered_in_time"] >= 0.95 for one in good["hours"] if one["contacts"] > 0)
    assert good["now"]["at"] == good["hours"][0]["at"]


def test_the_agents_share_of_the_work_needs_nobody(fitted: TestClient) -> None:
    whole = fitted.get("/api/v1/forecast/staffing?handling_s=600").json()["hours"]
    less = fitted.get("/api/v1/forecast/staffing?handling_s=600&staff_share=0.2").json()["hours"]
    assert sum(one["needed"]["at_work"] for one in less) < sum(one["needed"]["at_work"] for one in whole)


def test_how_it_was_made_is_told(fitted: TestClient) -> None:
    found = fitted.get("/api/v1/forecast/model").json()
    assert found["hourly"]["training_days"] == 60
    assert found["daily"]["back_test"]["mase"] > 0
    assert set(found["hourly"]["coverage"]) == {"80%", "95%"}


def test_before_the_first_fit_it_is_asked_for_and_told(client: TestClient, run_jobs: CollectedJobs) -> None:
    answer = client.get("/api/v1/forecast/hourly")
    assert answer.status_code == 503
    assert "ask again in a minute" in answer.json()["detail"]
    run_jobs()
    assert client.get("/api/v1/forecast/hourly").json()["is_enough"] is False


@pytest.mark.parametrize(
    "query",
    [
        "hourly?hours=0",
        "hourly?hours=169",
        "daily?days=29",
        "staffing?service_level=1",
        "staffing?handling_s=0",
    ],
)
def test_what_cannot_be_is_refused(fitted: TestClient, query: str) -> None:
    assert fitted.get(f"/api/v1/forecast/{query}").status_code == 422


def test_a_channel_and_a_category_at_once_are_refused(fitted: TestClient) -> None:
    assert fitted.get("/api/v1/forecast/hourly?channel=mail&category=billing").status_code == 422


def test_it_is_for_those_who_may_read_figures(fitted: TestClient) -> None:
    use_key(fitted, Permission.READ_TICKETS)
    assert fitted.get("/api/v1/forecast/hourly").status_code == 403
