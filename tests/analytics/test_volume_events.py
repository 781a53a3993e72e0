"""Events that an admin enters change what is to come, and what was is learned from without them."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from accounts import audit
from accounts.permissions import Permission, Role
from analytics import volume_events
from analytics.desk_forecast import refit
from analytics.stored_forecasts import Kind
from analytics.volume_events import NewEvent
from deskfleet.web import create_app
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound
from tests.analytics.test_desk_forecast import NOW, past, remember, stored
from tests.api.test_forecast import use_key
from tests.console.desk import member
from tests.jobs import CollectedJobs

PAGE = "/console/figures/events"


def expected(kind: Kind = Kind.DAILY) -> dict[date, float]:
    found: dict[date, float] = {}
    for one in stored(kind)[1]:
        day = datetime.fromisoformat(one["at"]).date()
        found[day] = found.get(day, 0.0) + one["expected"]
    return found


def enter(since: date, until: date, factor: float) -> int:
    with transaction() as session:
        return volume_events.add(session, NewEvent("Sale", since, until, factor), by="AGENT-1").id


def test_the_days_of_an_event_to_come_bring_so_many_times_as_much(run_jobs: CollectedJobs) -> None:
    remember(*past(60))
    refit(NOW)
    before, hours = expected(), expected(Kind.HOURLY)
    day = NOW.date() + timedelta(days=3)
    number = enter(day, day, 1.5)
    refit(NOW)
    after = expected()
    assert after[day] == pytest.approx(1.5 * before[day], rel=1e-3)
    assert expected(Kind.HOURLY)[day] == pytest.approx(1.5 * hours[day], rel=1e-2)
    assert {one: after[one] for one in after if one != day} == {
        one: before[one] for one in before if one != day
    }
    with transaction() as session:
        volume_events.remove(session, number, by="AGENT-1")
    refit(NOW)
    assert expected() == before


def test_a_past_event_is_not_taken_for_a_habit(run_jobs: CollectedJobs) -> None:
    week = [(NOW - timedelta(days=number)).date() for number in range(1, 8)]
    loud = [replace(one, messages=one.messages * 4) if one.hour.date() in week else one for one in past(60)]
    remember(*loud)
    refit(NOW)
    taken = sum(expected().values())
    enter(week[-1], week[0], 4.0)
    refit(NOW)
    assert sum(expected().values()) < 0.7 * taken


@pytest.mark.parametrize(
    ("name", "days", "factor"),
    [(" ", 0, 1.5), ("Sale", -1, 1.5), ("Sale", 92, 1.5), ("Sale", 0, 0.0), ("Sale", 0, 21)],
)
def test_what_cannot_be_is_refused(name: str, days: int, factor: float) -> None:
    day = date(2026, 3, 2)
    with pytest.raises(InvalidInput):
        NewEvent(name, day, day + timedelta(days=days), factor)


def test_an_admin_enters_and_removes_one_on_the_page(run_jobs: CollectedJobs) -> None:
    admin = member(role=Role.ADMIN)
    assert "No events yet" in admin.client.get(PAGE).text
    given = {"name": "<Sale>", "since": "2026-12-01", "until": "2026-12-03", "factor": "1.5"}
    assert admin.post(PAGE, **given).status_code == 303
    assert "&lt;Sale&gt;" in admin.client.get(PAGE).text
    assert admin.post(PAGE, **{**given, "until": "2026-11-01"}).status_code == 422
    with transaction() as session:
        [one] = volume_events.every(session)
        assert [entry.data["volume_event"] for entry in audit.entries(session, target="forecast")] == [
            "added"
        ]
    assert admin.post(f"{PAGE}/{one.id}/remove").status_code == 303
    assert admin.post(f"{PAGE}/{one.id}/remove").status_code == 404
    manager = member("Bob", role=Role.MANAGER)
    assert "Add</button>" not in manager.client.get(PAGE).text
    assert manager.post(PAGE, **given).status_code == 403


def test_programs_do_the_same(run_jobs: CollectedJobs) -> None:
    client = TestClient(create_app(), raise_server_exceptions=False)
    use_key(client, Permission.READ_FIGURES, Permission.MANAGE_DESK)
    given = {"name": "Sale", "since": "2026-12-01", "until": "2026-12-03", "factor": 2}
    made = client.post("/api/v1/forecast/events", json=given)
    assert made.status_code == 201
    assert client.get("/api/v1/forecast/events").json()["events"] == [made.json()]
    assert client.post("/api/v1/forecast/events", json={**given, "factor": 99}).status_code == 422
    address = f"/api/v1/forecast/events/{made.json()['event_id']}"
    assert client.delete(address).status_code == 204
    assert client.delete(address).status_code == 404
    use_key(client, Permission.READ_FIGURES)
    assert client.post("/api/v1/forecast/events", json=given).status_code == 403


def test_an_event_that_is_not_there_cannot_be_removed(database: str) -> None:
    with pytest.raises(NotFound), transaction() as session:
        volume_events.remove(session, 7, by="AGENT-1")
