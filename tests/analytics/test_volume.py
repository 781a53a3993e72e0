"""Contact volume by hour, as it is stored."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from analytics import volume
from analytics.models import HourlyVolume
from analytics.volume import Hour
from runtime.database import transaction

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def add(*hours: Hour) -> int:
    with transaction() as session:
        return volume.add(session, hours)


def stored() -> list[tuple[datetime, str, str, int]]:
    columns = (HourlyVolume.hour, HourlyVolume.channel, HourlyVolume.category, HourlyVolume.messages)
    with transaction() as session:
        return [
            (row[0], row[1], row[2], row[3]) for row in session.execute(select(*columns).order_by(*columns))
        ]


def test_hours_are_kept_by_channel_and_category(database: str) -> None:
    hours = [
        Hour(START, "api", "", 1),
        Hour(START, "mail", "", 2),
        Hour(START, "mail", "shipping", 3),
        Hour(START + timedelta(hours=1), "mail", "", 4),
    ]
    assert add(*hours) == 4
    assert stored() == [(one.hour, one.channel, one.category, one.messages) for one in hours]
    with transaction() as session:
        assert volume.count(session) == 4


def test_a_figure_that_is_there_already_is_replaced(database: str) -> None:
    add(Hour(START, "mail", "", 2), Hour(START, "api", "", 1))
    assert add(Hour(START, "mail", "", 7)) == 1
    assert stored() == [(START, "api", "", 1), (START, "mail", "", 7)]


def test_of_two_figures_for_one_hour_the_later_counts(database: str) -> None:
    assert add(Hour(START, "mail", "", 2), Hour(START, "mail", "", 7)) == 1
    assert stored() == [(START, "mail", "", 7)]


def test_the_hour_is_the_same_in_every_time_zone(database: str) -> None:
    add(Hour(START, "mail", "", 2))
    add(Hour(datetime.fromisoformat("2026-03-02T10:00:00+01:00"), "mail", "", 5))
    assert stored() == [(START, "mail", "", 5)]


def test_half_a_year_of_hours_is_stored_in_one_go(database: str) -> None:
    hours = (Hour(START + timedelta(hours=offset), "mail", "", 1) for offset in range(11_000))
    with transaction() as session:
        assert volume.add(session, hours) == 11_000
    with transaction() as session:
        assert volume.count(session) == 11_000
        assert session.scalar(select(func.max(HourlyVolume.hour))) == START + timedelta(hours=10_999)


def test_nothing_is_no_figure(database: str) -> None:
    assert add() == 0
    with transaction() as session:
        assert volume.count(session) == 0
