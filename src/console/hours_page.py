"""By when staff must answer: working hours, holidays and times by priority, set by admins."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from console import words
from console.settings_pages import REFUSALS, Changing, Managing, Refused, Version, page, save
from runtime.desk_settings import Document
from runtime.errors import InvalidInput
from tickets import sla
from tickets.business_time import Period
from tickets.contracts import Priority

router = APIRouter()
_TAB = Document.HOURS
_MOST_MINUTES = 525_600
_Minutes = Annotated[str, Form(max_length=10)]
_Day = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True)
class Typed:
    """The form as it was sent, or as it shows what holds."""

    always: str
    zone: str
    holidays: str
    warn: str
    minutes: Mapping[Priority, str]
    days: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """As `sla` reads it. Raises InvalidInput."""
        made: dict[str, Any] = {
            "answer_minutes": {name.value: _number(one) for name, one in self.minutes.items()},
            "warn_minutes": _number(self.warn, least=0),
        }
        if self.always:
            return made | {"always": True}
        days = {day: re.split(r"[\s,;]+", said.strip()) for day, said in self.days.items() if said.strip()}
        return made | {"zone": self.zone.strip(), "days": days, "holidays": self.holidays.split()}


def _number(said: str, *, least: float = 1) -> float:
    try:
        number = float(said)
    except ValueError:
        number = -1.0
    if not least <= number <= _MOST_MINUTES:
        raise InvalidInput(f"Minutes are a number from {least:g} to {_MOST_MINUTES}.", field="minutes")
    return number


def _in_force() -> Typed:
    hours = sla.hours()
    calendar = hours.calendar
    return Typed(
        always="" if calendar else "1",
        zone=calendar.zone.key if calendar else "Europe/Berlin",
        holidays="\n".join(sorted(day.isoformat() for day in calendar.holidays)) if calendar else "",
        warn=_minutes(hours.warn_before),
        minutes={priority: _minutes(hours.answer_within[priority]) for priority in Priority},
        days={
            day: ", ".join(_said(one) for one in (calendar.week.get(number, ()) if calendar else ()))
            for number, day in enumerate(sla.DAYS)
        },
    )


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g}"


def _said(period: Period) -> str:
    end = f"{period.end:%H:%M}"
    return f"{period.start:%H:%M}-{'24:00' if end == '00:00' else end}"


def _typed(  # noqa: PLR0913, PLR0917  # one argument for each field of the form
    low: _Minutes = "",
    normal: _Minutes = "",
    high: _Minutes = "",
    critical: _Minutes = "",
    warn: _Minutes = "",
    always: Annotated[str, Form(max_length=1)] = "",
    zone: Annotated[str, Form(max_length=60)] = "",
    holidays: Annotated[str, Form(max_length=5_000)] = "",
    monday: _Day = "",
    tuesday: _Day = "",
    wednesday: _Day = "",
    thursday: _Day = "",
    friday: _Day = "",
    saturday: _Day = "",
    sunday: _Day = "",
) -> Typed:
    minutes = dict(zip(Priority, (low, normal, high, critical), strict=True))
    week = (monday, tuesday, wednesday, thursday, friday, saturday, sunday)
    return Typed(always, zone, holidays, warn, minutes, dict(zip(sla.DAYS, week, strict=True)))


@router.get("/settings/hours")
def show_hours(request: Request, viewer: Managing) -> HTMLResponse:
    return page(request, viewer, _TAB, typed=_in_force(), priorities=words.PRIORITIES)


@router.post("/settings/hours")
def change_hours(
    request: Request, viewer: Changing, seen: Version, typed: Annotated[Typed, Depends(_typed)]
) -> Response:
    try:
        document = typed.document()
        sla.checked(document)
        return save(viewer, _TAB, document, seen=seen)
    except REFUSALS as error:
        refused = Refused(error, seen)
        return page(request, viewer, _TAB, refused=refused, typed=typed, priorities=words.PRIORITIES)
