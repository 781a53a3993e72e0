"""The desk's figures for managers: what was, what is to come, who is needed; and the same as CSV."""

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from analytics import desk_staffing, metrics
from analytics.calibration import Promise
from analytics.desk_staffing import Work
from analytics.gates import gates
from analytics.metrics import Figures
from analytics.models import StoredForecast
from analytics.rollups import read as read_stories
from analytics.staffing import Goal
from analytics.stored_forecasts import Kind, Wanted, newest, request_refit
from analytics.stories import Span, Story
from console import queue, words
from console.figures_chart import Bar, bars
from console.rendering import render
from console.sessions import Looking, Viewer
from runtime.database import transaction
from runtime.errors import InvalidInput
from tickets.categories import categories
from tickets.contracts import Reason

router = APIRouter()
_MOST_DAYS = 366
_DAY = timedelta(days=1)
_AHEAD_DAYS, _AHEAD_HOURS = 14, 24


def _day_or_none(given: object) -> object:
    return given or None  # An empty field of the form.


class Asked(BaseModel):
    """The filters as the address has them; without days the last four weeks."""

    since: Annotated[date | None, BeforeValidator(_day_or_none)] = None
    until: Annotated[date | None, BeforeValidator(_day_or_none)] = None
    channel: Annotated[str, Field(max_length=40)] = ""
    category: Annotated[str, Field(max_length=80)] = ""
    handling: Annotated[int, Field(ge=10, le=36_000)] = 300


@dataclass(frozen=True)
class _Shown:
    """The tickets of a span of days, and the moment at which they are judged."""

    since: date
    until: date
    stories: list[Story]
    now: datetime

    def address(self, asked: Asked, page: str) -> str:
        values = {
            "since": self.since,
            "until": self.until,
            "channel": asked.channel,
            "category": asked.category,
        }
        return f"{page}?{urlencode({name: one for name, one in values.items() if one})}"


def _manager(viewer: Looking) -> Viewer:
    viewer.principal.require(Permission.READ_FIGURES)
    return viewer


Managing = Annotated[Viewer, Depends(_manager)]


@router.get("/figures")
def show_figures(request: Request, viewer: Managing, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        shown = _shown(session, asked)
        daily = newest(session, Wanted(Kind.DAILY, asked.channel, "" if asked.channel else asked.category))
        needs = _staffing(session, asked, shown.now)
        proven = gates(session, Promise(), shown.now)
        ahead = _forecast_chart(daily, shown.now)
        told = dict(daily.model) if daily else None
    if told is None:
        request_refit()
    days = metrics.by_part(shown.stories, _day, shown.now)
    return render(
        request,
        "figures.html",
        viewer=viewer,
        views=queue.VIEWS,
        counts=counts,
        asked=asked,
        shown=shown,
        csv_address=shown.address(asked, "/console/figures.csv"),
        tiles=_tiles(metrics.measure(shown.stories, shown.now)),
        volume_chart=_volume_chart(days, shown),
        by_category=metrics.by_part(shown.stories, lambda one: one.category, shown.now),
        gates=proven,
        reasons=[(_reason(name), count) for name, count in metrics.reasons(shown.stories).items()],
        forecast_chart=ahead,
        told=told,
        needs=needs,
        say=_say,
        categories=categories(),
        channels=words.CHANNELS,
    )


@router.get("/figures.csv")
def download(viewer: Managing, asked: Annotated[Asked, Query()]) -> Response:
    """A line a day with every figure; shares from 0 to 1, times in seconds."""
    del viewer
    with transaction() as session:
        shown = _shown(session, asked)
    days = metrics.by_part(shown.stories, _day, shown.now)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["day", *(name for name in Figures.__dataclass_fields__)])
    for day in _days(shown):
        figures = asdict(days.get(day) or metrics.measure([], shown.now))
        writer.writerow([day, *("" if one is None else one for one in figures.values())])
    name = f"figures-{shown.since}-{shown.until}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(file.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _shown(session: Session, asked: Asked) -> _Shown:
    now = datetime.now(UTC)
    until = asked.until or now.date()
    since = asked.since or until - 27 * _DAY
    if since > until or (until - since).days >= _MOST_DAYS:
        raise InvalidInput(f"A span begins before it ends and has {_MOST_DAYS} days at most.", field="since")
    begin, end = (datetime.combine(day, time(), UTC) for day in (since, until + _DAY))
    return _Shown(since, until, read_stories(session, Span(begin, end, asked.channel, asked.category)), now)


def _days(shown: _Shown) -> list[str]:
    return [
        (shown.since + number * _DAY).isoformat() for number in range((shown.until - shown.since).days + 1)
    ]


def _day(story: Story) -> str:
    return story.began.astimezone(UTC).date().isoformat()


def _volume_chart(days: Mapping[str, Figures], shown: _Shown) -> Markup:
    found = []
    for day in _days(shown):
        count = days[day].tickets if day in days else 0
        found.append(Bar(day[5:], count, f"{day}: {count} tickets"))
    return bars(found, "Tickets a day")


def _forecast_chart(stored: StoredForecast | None, now: datetime) -> Markup | None:
    if stored is None:
        return None
    found: list[Bar] = []
    for one in stored.bins:
        at = datetime.fromisoformat(one["at"])
        if at.date() >= now.date() and len(found) < _AHEAD_DAYS:
            low, high = one["low_80"], one["high_80"]
            told = f"{at:%a %d %b}: {one['expected']:.0f} messages, {low:.0f} to {high:.0f} in 8 of 10 cases"
            found.append(Bar(f"{at:%a %d}", one["expected"], told, low, high))
    return bars(found, "Messages of customers expected by day, with the 80 % interval")


def _staffing(session: Session, asked: Asked, now: datetime) -> list[desk_staffing.Hour]:
    stored = newest(session, Wanted(Kind.HOURLY, asked.channel, "" if asked.channel else asked.category))
    if stored is None:
        return []
    hour = now.replace(minute=0, second=0, microsecond=0)
    work = Work(float(asked.handling), None, desk_staffing.staff_share(session, now))
    return list(desk_staffing.hours(stored, work, Goal(), start=hour, count=_AHEAD_HOURS))


def _tiles(found: Figures) -> list[tuple[str, str, str]]:
    """Name, value, and what it counts."""
    return [
        ("Tickets", f"{found.tickets:,}", f"{found.messages:,} messages of customers"),
        ("Resolved by the agent", _percent(found.ai_resolution), "alone, of those resolved or with staff"),
        ("Durably resolved", _percent(found.durable_resolution), "silent for 7 days after"),
        ("With staff", _percent(found.escalation), "of all tickets"),
        (
            "First response",
            _time(found.first_response_p50_s),
            f"9 of 10 within {_time(found.first_response_p90_s)}",
        ),
        ("Resolution", _time(found.resolution_p50_s), f"9 of 10 within {_time(found.resolution_p90_s)}"),
        ("Satisfaction", _number(found.satisfaction, "{:.1f} of 5"), f"{found.ratings:,} ratings"),
        ("Words changed in drafts", _percent(found.draft_edits), "before staff sent them"),
        ("Cost a ticket", _number(found.cost_per_ticket_usd, "${:.4f}"), "of models"),
        ("Hours saved", f"{found.hours_saved:.1f}", "five minutes each"),
    ]


def _say(figures: Figures, name: str) -> str:
    value = getattr(figures, name)
    return _time(value) if name.endswith("_s") else _percent(value)


def _percent(share: float | None) -> str:
    return _number(share, "{:.0%}")


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _reason(name: str) -> str:
    return words.reason_label(name) if name in set(Reason) else name
