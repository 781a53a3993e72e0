"""The made-up past has the patterns that a forecast must find."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from statistics import mean

from analytics.volume import Hour
from deskfleet import sample_volume

# The weeks before reach from the end of July over the shopping day.
NOW = datetime(2026, 1, 28, 14, 35, 12, tzinfo=UTC)


@lru_cache(maxsize=1)
def hours() -> tuple[Hour, ...]:
    return tuple(sample_volume.past_weeks(NOW))


def a_day() -> dict[date, int]:
    """Messages by day, whole days alone."""
    counted: Counter[date] = Counter()
    for one in hours():
        counted[one.hour.date()] += one.messages
    return {
        day: count for day, count in counted.items() if NOW.date() - timedelta(weeks=26) < day < NOW.date()
    }


def average(chosen: Callable[[date], bool]) -> float:
    return mean(count for day, count in a_day().items() if chosen(day))


def ordinary(day: date) -> bool:
    """Neither at the start of a month nor after the shopping day."""
    return day.day > 3 and not date(2025, 11, 28) <= day < date(2025, 12, 8)


def test_it_covers_the_past_26_weeks_up_to_the_present_hour() -> None:
    seen = {one.hour for one in hours()}
    assert (min(seen), max(seen)) == (
        datetime(2025, 7, 30, 14, tzinfo=UTC),
        datetime(2026, 1, 28, 13, tzinfo=UTC),
    )
    assert len(seen) > 0.85 * 26 * 7 * 24
    assert {(one.hour.minute, one.hour.second) for one in hours()} == {(0, 0)}


def test_it_is_the_same_whenever_it_is_made_within_the_hour() -> None:
    assert tuple(sample_volume.past_weeks(NOW)) == hours()
    assert tuple(sample_volume.past_weeks(NOW.replace(minute=0))) == hours()


def test_every_channel_has_its_share_and_no_hour_counts_twice() -> None:
    channels = Counter({"mail": 0})
    for one in hours():
        channels[one.channel] += one.messages
    assert channels["mail"] > channels["web_chat"] > channels["api"] > 0
    keys = [(one.hour, one.channel, one.category) for one in hours()]
    assert len(keys) == len(set(keys))
    assert min(one.messages for one in hours()) >= 1


def test_mondays_are_strong_and_sundays_weak() -> None:
    def on(weekday: int) -> float:
        return average(lambda day: ordinary(day) and day.weekday() == weekday)

    by_weekday = [on(weekday) for weekday in range(7)]
    assert max(by_weekday) == by_weekday[0]
    assert min(by_weekday) == by_weekday[6]
    assert by_weekday[0] > 3 * by_weekday[6]


def test_business_hours_are_busier_than_the_night() -> None:
    by_hour: Counter[int] = Counter()
    for one in hours():
        by_hour[one.hour.hour] += one.messages
    assert min(by_hour[hour] for hour in range(9, 17)) > 5 * max(
        by_hour[hour] for hour in (0, 1, 2, 3, 4, 23)
    )


def test_months_start_busy() -> None:
    def working_day(day: date) -> bool:
        return day.weekday() < 5 and not date(2025, 11, 28) <= day < date(2025, 12, 8)

    start = average(lambda day: working_day(day) and day.day <= 3)
    assert start > 1.2 * average(lambda day: working_day(day) and day.day > 3)


def test_the_shopping_day_has_an_aftermath_that_fades() -> None:
    found = a_day()
    usual = average(lambda day: ordinary(day) and day.weekday() == 4)
    friday, week_after, two_weeks_after = (
        found[date(2025, 11, 28) + timedelta(weeks=weeks)] / usual for weeks in range(3)
    )
    assert friday > 1.8
    assert friday > week_after > 1.02
    assert 0.85 < two_weeks_after < 1.15


def test_it_grows_slowly() -> None:
    early = average(lambda day: ordinary(day) and day < date(2025, 10, 1))
    late = average(lambda day: ordinary(day) and day >= date(2025, 12, 20))
    assert 1.05 < late / early < 1.2
