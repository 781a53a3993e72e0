"""REST for programs: the desk's figures over a span of days. Their formulas stand in `analytics.metrics`."""

from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from analytics import metrics
from analytics.calibration import Promise
from analytics.gates import gates
from analytics.metrics import Figures
from analytics.rollups import read as read_stories
from analytics.stories import Span, Story
from runtime.database import transaction
from runtime.errors import InvalidInput

router = APIRouter(prefix="/api/v1/stats", tags=["figures"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_FIGURES))]
_MOST_DAYS = 366


class Part(StrEnum):
    DAY = "day"
    HOUR = "hour"
    CATEGORY = "category"
    CHANNEL = "channel"


class StatsQuery(BaseModel):
    """Tickets that began from the day `since` to the day `until`, both included; days are of UTC."""

    since: date | None = None
    until: date | None = None
    by: Part = Part.DAY
    channel: Annotated[str, Field(max_length=40)] = ""
    category: Annotated[str, Field(max_length=80)] = ""


class FiguresView(BaseModel):
    """Times in seconds, shares from 0 to 1; null where there is nothing to count."""

    tickets: int
    messages: int
    first_response_p50_s: float | None
    first_response_p90_s: float | None
    resolution_p50_s: float | None
    resolution_p90_s: float | None
    ai_resolution: float | None
    durable_resolution: float | None
    escalation: float | None
    reopened: float | None
    satisfaction: float | None
    ratings: int
    draft_edits: float | None
    cost_per_ticket_usd: float | None
    hours_saved: float


class PartView(FiguresView):
    part: str


class Stats(BaseModel):
    """`reasons`: tickets by why staff first got them."""

    since: date
    until: date
    figures: FiguresView
    parts: list[PartView]
    reasons: dict[str, int]


class GateView(BaseModel):
    """`threshold` null: closed. `bound`: the error of what is above it is at most that, with the confidence asked for.

    `more_needed`: further checked answers, all right, before it can open, or open wider. `automation`: share above it.
    """

    category: str
    threshold: float | None
    automation: float
    checked: int
    wrong: int
    bound: float
    more_needed: int
    labels: int
    drifted: bool


@router.get("/gates", summary="What checked answers prove")
def read_gates(
    _reader: Reader,
    error: Annotated[
        float, Query(gt=0, lt=1, description="The share of wrong answers that you accept.")
    ] = 0.02,
    risk: Annotated[
        float, Query(gt=0, lt=1, description="The chance that more are wrong all the same.")
    ] = 0.05,
) -> list[GateView]:
    """Per category the confidence from which on answers could go out alone. The risk is each category's own."""
    with transaction() as session:
        found = gates(session, Promise(error, risk), datetime.now(UTC))
    return [
        GateView(category=name, labels=one.labels, drifted=one.drifted, **asdict(one.gate))
        for name, one in found.items()
    ]


@router.get("", summary="Figures of a span")
def read_stats(_reader: Reader, asked: Annotated[StatsQuery, Query()]) -> Stats:
    """The last 28 days by default, in parts by day, hour, category or channel."""
    now = datetime.now(UTC)
    since, until = _days(asked, now.date())
    with transaction() as session:
        found = read_stories(
            session,
            Span(_midnight(since), _midnight(until + timedelta(days=1)), asked.channel, asked.category),
        )
    parts = metrics.by_part(found, _PARTS[asked.by], now)
    return Stats(
        since=since,
        until=until,
        figures=_view(metrics.measure(found, now)),
        parts=[PartView(part=name, **asdict(one)) for name, one in parts.items()],
        reasons=metrics.reasons(found),
    )


def _days(asked: StatsQuery, today: date) -> tuple[date, date]:
    until = asked.until or today
    since = asked.since or until - timedelta(days=27)
    if since > until:
        raise InvalidInput("The span ends before it begins.", field="until")
    if (until - since).days >= _MOST_DAYS:
        raise InvalidInput(f"A span has {_MOST_DAYS} days at most.", field="since")
    return since, until


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _hour(story: Story) -> str:
    return story.began.astimezone(UTC).strftime("%Y-%m-%dT%H:00Z")


def _day(story: Story) -> str:
    return story.began.astimezone(UTC).date().isoformat()


_PARTS = {
    Part.DAY: _day,
    Part.HOUR: _hour,
    Part.CATEGORY: lambda story: story.category,
    Part.CHANNEL: lambda story: story.channel,
}


def _view(found: Figures) -> FiguresView:
    return FiguresView(**asdict(found))
