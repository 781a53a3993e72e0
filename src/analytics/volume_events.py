"""Events that an admin enters, such as a sale: the forecast learns without past ones and adds those to come."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accounts import audit
from analytics.stored_forecasts import request_refit
from analytics.volume_event_models import VolumeEvent
from runtime.database import after_commit
from runtime.errors import InvalidInput, NotFound

_MOST_DAYS = 92
_LEAST, _MOST = 0.05, 20.0
_LONGEST = 120


@dataclass(frozen=True)
class NewEvent:
    """`factor` 1.5: half as much again as on other days like these."""

    name: str
    since: date
    until: date
    factor: float

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > _LONGEST:
            raise InvalidInput(f"An event has a name of {_LONGEST} letters at most.", field="name")
        if not 0 <= (self.until - self.since).days < _MOST_DAYS:
            raise InvalidInput(
                f"An event has 1 to {_MOST_DAYS} days and ends after it begins.", field="until"
            )
        if not _LEAST <= self.factor <= _MOST:
            raise InvalidInput(f"A factor lies between {_LEAST} and {_MOST}.", field="factor")


def add(session: Session, new: NewEvent, *, by: str) -> VolumeEvent:
    """The forecast is made anew."""
    event = VolumeEvent(
        name=new.name.strip(), since=new.since, until=new.until, factor=new.factor, entered_by=by
    )
    session.add(event)
    session.flush()
    _tell(session, event.id, "added", by=by)
    return event


def remove(session: Session, number: int, *, by: str) -> None:
    """Raises NotFound."""
    gone = session.scalar(delete(VolumeEvent).where(VolumeEvent.id == number).returning(VolumeEvent.id))
    if gone is None:
        raise NotFound("There is no such event.")
    _tell(session, number, "removed", by=by)


def every(session: Session) -> list[VolumeEvent]:
    """The latest first."""
    return list(
        session.scalars(select(VolumeEvent).order_by(VolumeEvent.since.desc(), VolumeEvent.id.desc()))
    )


def lifts(session: Session) -> dict[int, float]:
    """By ordinal of the day; events of one day multiply."""
    found: dict[int, float] = {}
    for one in every(session):
        for number in range((one.until - one.since).days + 1):
            day = (one.since + timedelta(days=number)).toordinal()
            found[day] = found.get(day, 1.0) * one.factor
    return found


def _tell(session: Session, number: int, what: str, *, by: str) -> None:
    data: dict[str, str | int | list[str]] = {"volume_event": what, "number": number}
    audit.record(session, audit.Action.CHANGE_DESK, actor=by, target="forecast", data=data)
    after_commit(session, request_refit)
