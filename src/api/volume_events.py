"""REST for programs: events that change how much customers write, for the forecast."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from analytics import volume_events
from analytics.volume_event_models import VolumeEvent
from analytics.volume_events import NewEvent
from runtime.database import transaction

router = APIRouter(prefix="/api/v1/forecast/events", tags=["forecast"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_FIGURES))]
Changer = Annotated[Principal, Depends(allowed(Permission.MANAGE_DESK))]


class NewEventView(BaseModel):
    """Days of UTC, both included. `factor` 1.5: half as much again as on other days like these."""

    name: Annotated[str, Field(max_length=120, examples=["Winter sale"])]
    since: Annotated[date, Field(examples=["2026-12-01"])]
    until: Annotated[date, Field(examples=["2026-12-06"])]
    factor: Annotated[float, Field(examples=[1.5])]


class EventView(NewEventView):
    event_id: int


class Events(BaseModel):
    events: list[EventView]


@router.get("", summary="List events")
def list_events(_reader: Reader) -> Events:
    """The latest first."""
    with transaction() as session:
        return Events(events=[_view(one) for one in volume_events.every(session)])


@router.post("", status_code=201, summary="Enter an event")
def add_event(body: NewEventView, changer: Changer) -> EventView:
    """The forecast is made anew with it."""
    new = NewEvent(body.name, body.since, body.until, body.factor)
    with transaction() as session:
        return _view(volume_events.add(session, new, by=changer.public_id))


@router.delete("/{event_id}", status_code=204, summary="Remove an event")
def remove_event(event_id: int, changer: Changer) -> None:
    with transaction() as session:
        volume_events.remove(session, event_id, by=changer.public_id)


def _view(one: VolumeEvent) -> EventView:
    return EventView(event_id=one.id, name=one.name, since=one.since, until=one.until, factor=one.factor)
