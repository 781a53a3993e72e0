"""Time as a desk counts it: only within its working hours, in its own time zone, never on its holidays. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MOST_DAYS = 800  # A calendar whose next working hour is farther away has none.
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From `start` until `end` of one day; `end` at midnight is the end of the day."""

    start: time
    end: time


@dataclass(frozen=True)
class Calendar:
    """`week`: the periods of Monday (0) to Sunday (6), in their order; a day that is not there is free."""

    zone: ZoneInfo
    week: Mapping[int, Sequence[Period]]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def periods(
        self, start: datetime, *, until: datetime | None = None
    ) -> Iterator[tuple[datetime, datetime]]:
        """Working periods from `start` on, as moments in UTC, cut at `start`."""
        day = start.astimezone(self.zone).date()
        for number in range(_MOST_DAYS):
            today = day + number * _DAY
            for period in () if today in self.holidays else self.week.get(today.weekday(), ()):
                begins, ends = self._moment(today, period.start), self._end(today, period.end)
                if until is not None and begins >= until:
                    return
                if ends > start:
                    yield max(begins, start), ends

    def _moment(self, day: date, at: time) -> datetime:
        # A clock that is put forward or back moves the period, as it moves those who work in it.
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)

    def _end(self, day: date, at: time) -> datetime:
        return self._moment(day + _DAY, at) if at == time.min else self._moment(day, at)


def add(calendar: Calendar, start: datetime, working: timedelta) -> datetime:
    """When so much working time after `start` is over. Raises ValueError for a calendar without working hours."""
    left = working
    for begins, ends in calendar.periods(start):
        if left <= ends - begins:
            return begins + left
        left -= ends - begins
    raise ValueError("The calendar has no working hours.")


def between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The working time from one moment to a later one; none when it is not later."""
    passed = timedelta()
    for begins, ends in calendar.periods(start, until=end):
        passed += min(ends, end) - begins
    return passed
