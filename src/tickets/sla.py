"""By when staff have to answer: by priority, counted in the desk's working hours, as its file says.

While a ticket waits for its customer, or is put aside, no time runs: the next deadline begins with what ends that.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, literal
from sqlalchemy import case as sql_case

from runtime import desk_settings
from runtime.desk_settings import Document
from runtime.errors import InvalidInput, SettingError
from runtime.settings import settings
from tickets.business_time import Calendar, Period, add
from tickets.contracts import Priority
from tickets.models import Ticket

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_VARIABLE = "DESKFLEET_TICKETS_HOURS"
_USUAL_WARNING = timedelta(minutes=30)


@dataclass(frozen=True)
class Hours:
    """`answer_within`: working time by priority. `calendar` is None for a desk that works at every hour."""

    calendar: Calendar | None
    answer_within: Mapping[Priority, timedelta]
    warn_before: timedelta


def hours() -> Hours:
    """As admins set it, else as the file says; without one, every hour and the same time for all."""
    if changed := desk_settings.current(Document.HOURS):
        return _of_admins(changed)
    path = settings().tickets.hours
    if path is None:
        usual = timedelta(seconds=settings().agent.staff_deadline_s)
        return Hours(None, dict.fromkeys(Priority, usual), min(_USUAL_WARNING, usual / 4))
    return _read(path)


@lru_cache(maxsize=4)
def _read(path: Path) -> Hours:
    """Raises SettingError naming what is wrong."""
    try:
        return parse(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
        raise SettingError(
            f"The setting {_VARIABLE} is wrong: {path.name}: {error}.", field=_VARIABLE
        ) from None


@lru_cache(maxsize=4)
def _of_admins(changed: str) -> Hours:
    return parse(json.loads(changed))


def checked(raw: Mapping[str, Any]) -> Hours:
    """Of a form. Raises InvalidInput with what is wrong."""
    try:
        return parse(raw)
    except ZoneInfoNotFoundError:
        raise InvalidInput(
            "There is no such time zone; write one like Europe/Berlin.", field="zone"
        ) from None
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(f"The working hours are wrong: {error}.", field="days") from None


def parse(raw: Mapping[str, Any]) -> Hours:
    """`always` stands for a desk that works at every hour. Raises ValueError and its like."""
    within = {Priority(name): timedelta(minutes=float(m)) for name, m in raw["answer_minutes"].items()}
    warn = timedelta(minutes=float(raw.get("warn_minutes", _USUAL_WARNING.total_seconds() / 60)))
    if set(within) != set(Priority) or min(within.values()) <= timedelta():
        raise ValueError("answer_minutes needs low, normal, high and critical, each above 0")
    if raw.get("always"):
        return Hours(None, within, warn)
    calendar = _calendar(raw)
    add(calendar, datetime.now(UTC), max(within.values()))
    return Hours(calendar, within, warn)


def _calendar(raw: Mapping[str, Any]) -> Calendar:
    if unknown := set(raw["days"]) - set(DAYS):
        raise ValueError(f"no day is called {', '.join(sorted(unknown))}")
    week = {DAYS.index(day): [_period(one) for one in periods] for day, periods in raw["days"].items()}
    for periods in week.values():
        if any(_ends(one) > two.start for one, two in pairwise(periods)):
            raise ValueError("periods of a day overlap or are not in their order")
    return Calendar(
        ZoneInfo(raw["zone"]),
        week,
        frozenset(date.fromisoformat(str(one)) for one in raw.get("holidays", ())),
    )


def _ends(period: Period) -> time:
    return time.max if period.end == time.min else period.end


def _period(written: str) -> Period:
    """`09:00-12:30`; a day ends at `24:00`."""
    start, _, end = written.partition("-")
    period = Period(time.fromisoformat(start), time.min if end == "24:00" else time.fromisoformat(end))
    if period.start >= _ends(period):
        raise ValueError(f"{written} ends before it begins")
    return period


def deadline(priority: Priority, *, since: datetime | None = None) -> datetime:
    """By when a ticket that staff get at `since` (now) is to be answered."""
    rules, start = hours(), since or datetime.now(UTC)
    working = rules.answer_within[priority]
    return start + working if rules.calendar is None else add(rules.calendar, start, working)


def deadline_by_row() -> ColumnElement[datetime]:
    """The same inside a statement, by the row's priority."""
    moments = {priority: deadline(priority) for priority in Priority}
    usual = moments.pop(Priority.NORMAL)
    return sql_case(
        *((Ticket.priority == priority.value, literal(moment)) for priority, moment in moments.items()),
        else_=literal(usual),
    )
