"""REST for programs: the volume to come, and the people that it needs."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from analytics import desk_staffing
from analytics.desk_staffing import Hour, Work
from analytics.models import StoredForecast
from analytics.staffing import Goal
from analytics.stored_forecasts import Kind, Wanted, newest, request_refit
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound, Unavailable

router = APIRouter(prefix="/api/v1/forecast", tags=["forecast"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_FIGURES))]
Channel = Annotated[str, Query(max_length=40, description="Of this channel alone.")]
Category = Annotated[str, Query(max_length=80, description="Of this category alone.")]


class Bin(BaseModel):
    """What is expected in the hour or day that begins at `at` (UTC), with the ends of both intervals."""

    at: datetime
    expected: float
    low_80: float
    high_80: float
    low_95: float
    high_95: float


class ForecastView(BaseModel):
    """`note` says when there is too little history. `peak` is the bin with the most."""

    made_at: datetime
    model: Annotated[str, Field(examples=["damped level"])]
    is_enough: bool
    note: str
    total: float
    peak: Bin | None
    bins: list[Bin]


class ModelView(BaseModel):
    """How the forecasts of each kind were made, and what their back-test says."""

    made_at: datetime
    hourly: dict[str, Any]
    daily: dict[str, Any]


class NeedView(BaseModel):
    """`at_work` at their desks, `scheduled` with shrinkage on top, and what customers then meet."""

    at_work: int
    scheduled: int
    answered_in_time: float
    lost: float
    occupancy: float


class StaffedHour(BaseModel):
    """`needed_high` is for the upper end of the 80 % interval of the volume."""

    at: datetime
    contacts: float
    needed: NeedView
    needed_high: NeedView


class StaffingView(BaseModel):
    """`now` is the present hour. `staff_share` of the messages is answered by staff."""

    made_at: datetime
    staff_share: float
    now: StaffedHour | None
    hours: list[StaffedHour]


@router.get("/hourly", summary="Forecast hours")
def hourly(
    _reader: Reader,
    hours: Annotated[int, Query(ge=1, le=168)] = 24,
    channel: Channel = "",
    category: Category = "",
) -> ForecastView:
    """From the present hour on. 503 until the first forecast is made."""
    with transaction() as session:
        stored = _stored(session, Wanted(Kind.HOURLY, channel, category))
        return _view(stored, since=_this_hour(), count=hours)


@router.get("/daily", summary="Forecast days")
def daily(
    _reader: Reader,
    days: Annotated[int, Query(ge=1, le=28)] = 7,
    channel: Channel = "",
    category: Category = "",
) -> ForecastView:
    """From today on; a day is one of UTC. More than a week is told after half a year of history."""
    with transaction() as session:
        stored = _stored(session, Wanted(Kind.DAILY, channel, category))
        return _view(stored, since=_this_hour().replace(hour=0), count=days)


@router.get("/model", summary="How forecasts are made")
def model(_reader: Reader, channel: Channel = "", category: Category = "") -> ModelView:
    """Weights of the forecasters, error beside seasonal naive, coverage of the intervals, span of training."""
    with transaction() as session:
        kinds = {kind: _stored(session, Wanted(kind, channel, category)) for kind in Kind}
        return ModelView(
            made_at=kinds[Kind.HOURLY].made_at,
            hourly=kinds[Kind.HOURLY].model,
            daily=kinds[Kind.DAILY].model,
        )


class StaffingQuery(BaseModel):
    """Handling time and patience in seconds; without patience nobody hangs up."""

    hours: Annotated[int, Field(ge=1, le=168)] = 24
    service_level: Annotated[float, Field(gt=0, lt=1)] = 0.8
    within_s: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    handling_s: Annotated[float, Field(gt=0, le=36_000)] = 300.0
    patience_s: Annotated[float | None, Field(gt=0, le=86_400)] = None
    shrinkage: Annotated[float, Field(ge=0, le=0.9)] = 0.3
    staff_share: Annotated[float | None, Field(ge=0, le=1)] = None
    channel: Annotated[str, Field(max_length=40)] = ""
    category: Annotated[str, Field(max_length=80)] = ""


@router.get("/staffing", summary="Forecast the staff needed")
def staffing(_reader: Reader, asked: Annotated[StaffingQuery, Query()]) -> StaffingView:
    """By Erlang C, with patience Erlang A, for the service level; `staff_share` is measured if it is left out."""
    goal = Goal(asked.service_level, asked.within_s, asked.shrinkage)
    now = _this_hour()
    with transaction() as session:
        stored = _stored(session, Wanted(Kind.HOURLY, asked.channel, asked.category))
        share = desk_staffing.staff_share(session, now) if asked.staff_share is None else asked.staff_share
        made_at, work = stored.made_at, Work(asked.handling_s, asked.patience_s, share)
        found = [
            _staffed(one) for one in desk_staffing.hours(stored, work, goal, start=now, count=asked.hours)
        ]
    present = found[0] if found and found[0].at == now else None
    return StaffingView(made_at=made_at, staff_share=round(share, 3), now=present, hours=found)


def _stored(session: Session, wanted: Wanted) -> StoredForecast:
    """Raises Unavailable and asks for a refit when there is none; of a part that brought nothing, NotFound."""
    if wanted.channel and wanted.category:
        raise InvalidInput("Ask for a channel or for a category.", field="category")
    found = newest(session, wanted)
    if found is not None and found.made_at > datetime.now(UTC) - timedelta(days=1):
        return found
    if newest(session, Wanted(wanted.kind)) is not None and found is None:
        raise NotFound("There is no forecast of it: nothing of it came in the last four weeks.")
    request_refit()
    raise Unavailable("The forecast is not made yet; ask again in a minute.")


def _this_hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def _view(stored: StoredForecast, *, since: datetime, count: int) -> ForecastView:
    bins = [one for one in map(Bin.model_validate, stored.bins) if one.at >= since][:count]
    return ForecastView(
        made_at=stored.made_at,
        model=stored.model["best"],
        is_enough=stored.model["is_enough"],
        note=stored.model["note"],
        total=round(sum(one.expected for one in bins), 2),
        peak=max(bins, key=lambda one: one.expected, default=None),
        bins=bins,
    )


def _staffed(hour: Hour) -> StaffedHour:
    needs = [
        NeedView(
            at_work=one.at_work,
            scheduled=one.scheduled,
            answered_in_time=round(one.service.answered_in_time, 4),
            lost=round(one.service.lost, 4),
            occupancy=round(one.service.occupancy, 4),
        )
        for one in (hour.need, hour.need_high)
    ]
    return StaffedHour(at=hour.at, contacts=round(hour.contacts, 2), needed=needs[0], needed_high=needs[1])
