"""REST for programs: what another threshold of confidence would mean. The arithmetic is `analytics.dial`."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from analytics import dial
from analytics.dial import Desk
from analytics.stored_forecasts import Kind, Wanted, newest, request_refit
from api.replays import IntervalView
from runtime.database import transaction
from runtime.settings import settings

router = APIRouter(prefix="/api/v1/dial", tags=["figures"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_FIGURES))]


class DialQuery(BaseModel):
    """`threshold`: by default the one in use. `at_work` 0: as many people as keep the goal in each hour."""

    threshold: Annotated[float | None, Field(ge=0, le=1)] = None
    days: Annotated[int, Field(ge=1, le=366)] = 28
    category: Annotated[str, Field(max_length=80)] = ""
    handling_s: Annotated[float, Field(ge=10, le=36_000)] = 300
    hourly_usd: Annotated[float, Field(ge=0, le=10_000)] = 30
    at_work: Annotated[int, Field(ge=0, le=5_000)] = 0


class PointView(BaseModel):
    """`automation` of all messages, `errors` of the answers above the threshold that were judged."""

    threshold: float
    automation: IntervalView
    errors: IntervalView
    cost_per_ticket_usd: float


class HourView(BaseModel):
    """Messages for staff with their band, the people that these need, and what customers meet; null: without end."""

    at: datetime
    contacts: float
    low: float
    high: float
    staff: int
    staff_low: int
    staff_high: int
    answered_in_time: float
    wait_s: float | None
    queue: float | None


class DialView(BaseModel):
    """`is_enough` false: fewer than 30 decisions. `hours` are empty until there is a forecast."""

    decisions: int
    is_enough: bool
    present_threshold: float
    chosen: PointView
    curve: list[PointView]
    hours: list[HourView]


@router.get("", summary="What another threshold would mean")
def read_dial(_reader: Reader, asked: Annotated[DialQuery, Query()]) -> DialView:
    """Automation, errors, cost, and for the next 24 hours queue, people and service level, with bands."""
    now = datetime.now(UTC)
    present = settings().agent.min_confidence
    desk = Desk(asked.handling_s, asked.hourly_usd, asked.at_work)
    with transaction() as session:
        seen = dial.read_seen(session, now - timedelta(days=asked.days), now, category=asked.category)
        stored = newest(session, Wanted(Kind.HOURLY, "", asked.category))
    if stored is None:
        request_refit()
    chosen = dial.point(seen, present if asked.threshold is None else asked.threshold, desk)
    start = now.replace(minute=0, second=0, microsecond=0)
    hours = dial.hours(stored, chosen, desk, start=start) if stored and len(seen) >= dial.LEAST else []
    return DialView.model_validate(
        {
            "decisions": len(seen),
            "is_enough": len(seen) >= dial.LEAST,
            "present_threshold": present,
            "chosen": asdict(chosen),
            "curve": [asdict(one) for one in dial.curve(seen, desk)],
            "hours": [asdict(one) for one in hours],
        }
    )
