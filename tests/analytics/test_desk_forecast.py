"""The desk's own forecast, out of imported past volume and of its own messages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from analytics import desk_forecast, tasks, volume
from analytics.desk_forecast import refit
from analytics.stored_forecasts import Kind, Wanted, newest
from analytics.volume import Hour
from ingestion import intake
from runtime.database import transaction
from tests.analytics.made_up import expected
from tests.jobs import CollectedJobs
from tests.samples import a_message

NOW = datetime(2026, 3, 5, 10, 20, tzinfo=UTC)


def past(days: int, *, until: datetime = NOW, channel: str = "mail", level: float = 240.0) -> list[Hour]:
    start = (until - timedelta(days=days)).replace(hour=0, minute=0)
    means = expected(7, level=level)
    draw = np.random.default_rng(2)
    hours = []
    for number in range(days * 24 + until.hour):
        at = start + timedelta(hours=number)
        hours.append(Hour(at, channel, "", int(draw.poisson(means[at.weekday(), at.hour]))))
    return hours


def remember(*hours: Hour) -> None:
    with transaction() as session:
        volume.add(session, hours)


def stored(kind: Kind, channel: str = "") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    with transaction() as session:
        found = newest(session, Wanted(kind, channel))
        assert found is not None
        return found.model, found.bins


def test_hours_begin_now_follow_the_days_pattern_and_add_up_to_days(database: str) -> None:
    remember(*past(60))
    refit(NOW)
    told, hours = stored(Kind.HOURLY)
    assert told["is_enough"]
    assert (hours[0]["at"], len(hours)) == ("2026-03-05T10:00:00+00:00", 168)
    friday = [one for one in hours if str(one["at"]).startswith("2026-03-06")]
    assert max(friday, key=lambda one: one["expected"])["at"] in {
        f"2026-03-06T{hour}:00:00+00:00" for hour in (10, 11, 12, 13)
    }
    assert all(
        one["low_95"] <= one["low_80"] <= one["expected"] <= one["high_80"] <= one["high_95"] for one in hours
    )
    _, days = stored(Kind.DAILY)
    assert days[1]["at"] == "2026-03-06T00:00:00+00:00"
    assert sum(one["expected"] for one in friday) == pytest.approx(days[1]["expected"], rel=1e-3)
    assert days[1]["expected"] == pytest.approx(expected(7, level=240.0)[4].sum(), rel=0.12)


def test_four_weeks_are_told_after_half_a_year(database: str) -> None:
    remember(*past(60))
    refit(NOW)
    assert len(stored(Kind.DAILY)[1]) == 7
    remember(*past(190))
    refit(NOW)
    assert len(stored(Kind.DAILY)[1]) == 28


def test_each_channel_has_a_forecast_of_its_own(database: str) -> None:
    remember(*past(30), *past(30, channel="web_chat", level=60.0))
    made = refit(NOW)
    assert {one.channel for one in made} == {"", "mail", "web_chat"}
    whole, chat = (
        sum(one["expected"] for one in stored(Kind.DAILY, channel)[1][:7]) for channel in ("", "web_chat")
    )
    assert 0.1 < chat / whole < 0.3


def test_the_back_test_is_told_with_its_span(database: str) -> None:
    remember(*past(60))
    refit(NOW)
    told, _ = stored(Kind.DAILY)
    assert told["training_days"] == 60
    assert told["back_test"]["mase"] < 1
    weights = told["weights"]
    assert isinstance(weights, dict)
    assert sum(weights.values()) == pytest.approx(1.0, abs=0.01)


def test_too_little_history_says_so_and_takes_the_mean_of_the_same_hours(database: str) -> None:
    remember(*past(6))
    refit(NOW)
    told, hours = stored(Kind.HOURLY)
    assert told["is_enough"] is False
    assert "Too little history: 6 days, 14 at least" in str(told["note"])
    assert sum(one["expected"] for one in hours) > 0
    assert hours[0]["high_95"] > hours[0]["expected"]


def test_without_any_history_nothing_is_promised(database: str) -> None:
    refit(NOW)
    told, hours = stored(Kind.HOURLY)
    assert told["is_enough"] is False
    assert all(one["expected"] == 0 for one in hours)


def test_the_desks_own_messages_count_after_the_imported_past(run_jobs: CollectedJobs) -> None:
    present = datetime.now(UTC)
    hour = present.replace(minute=0, second=0, microsecond=0)
    remember(Hour(hour - timedelta(hours=3), "mail", "", 7))
    with transaction() as session:
        intake.receive(session, a_message())
        intake.receive(session, a_message(identity="bob@example.com"))
    with transaction() as session:
        assert volume.by_hour(session, present + timedelta(hours=1)) == {
            hour - timedelta(hours=3): 7,
            hour: 2,
        }
        assert volume.by_hour(session, present + timedelta(hours=1), channel="mail") == {
            hour - timedelta(hours=3): 7
        }
        assert ("api", "") in volume.parts(session, present - timedelta(days=28))


def test_the_scheduled_job_stores_forecasts(run_jobs: CollectedJobs) -> None:
    remember(*past(20, until=datetime.now(UTC)))
    tasks.refit_forecasts()
    assert stored(Kind.HOURLY)[0]["is_enough"]


def test_a_second_refit_replaces_the_first(database: str) -> None:
    remember(*past(20))
    refit(NOW)
    refit(NOW + timedelta(hours=1))
    _, hours = stored(Kind.HOURLY)
    assert hours[0]["at"] == "2026-03-05T11:00:00+00:00"
    assert len(hours) == desk_forecast.HOURS


@pytest.mark.parametrize("count", [0, 4])
def test_a_desk_on_which_every_hour_is_the_same_expects_that(database: str, count: int) -> None:
    start = (NOW - timedelta(days=30)).replace(hour=0, minute=0)
    remember(*(Hour(start + timedelta(hours=n), "mail", "", count) for n in range(30 * 24 + NOW.hour)))
    refit(NOW)
    _, hours = stored(Kind.HOURLY)
    assert [one["expected"] for one in hours] == pytest.approx([count] * 168, abs=0.15 * count)
    assert all(0 <= one["low_95"] <= one["high_95"] < 4 * count + 1 for one in hours)


def test_a_week_alone_says_that_it_is_too_little(database: str) -> None:
    remember(*past(7))
    refit(NOW)
    told, hours = stored(Kind.HOURLY)
    assert (
        told["note"] == "Too little history: 7 days, 14 at least. This is the mean of the same hours so far."
    )
    assert (told["back_test"], len(hours)) == (None, 168)


def test_a_day_without_a_message_on_a_busy_desk_is_an_outage_and_told(database: str) -> None:
    whole = past(60)
    outage = (NOW - timedelta(days=8)).date()
    remember(*(one for one in whole if one.hour.date() != outage))
    refit(NOW)
    told, _ = stored(Kind.DAILY)
    assert told["outages"] == [outage.isoformat()]
    _, days = stored(Kind.DAILY)
    assert days[6]["expected"] == pytest.approx(
        expected(7, level=240.0)[2].sum(), rel=0.15
    )  # A Wednesday too.
