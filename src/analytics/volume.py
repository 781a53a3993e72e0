"""Contact volume by hour, from before the desk was in use and from its own tickets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from analytics.models import HourlyVolume

_BATCH = 5_000


@dataclass(frozen=True)
class Hour:
    """Messages of customers in the hour that begins at `hour`."""

    hour: datetime
    channel: str
    category: str
    messages: int


def add(session: Session, hours: Iterable[Hour]) -> int:
    """Store figures; those that are there already are replaced, and the last of several counts. Returns how many."""
    latest = {(one.hour, one.channel, one.category): vars(one) for one in hours}
    rows = list(latest.values())
    for start in range(0, len(rows), _BATCH):
        statement = insert(HourlyVolume).values(rows[start : start + _BATCH])
        key = [HourlyVolume.hour, HourlyVolume.channel, HourlyVolume.category]
        session.execute(
            statement.on_conflict_do_update(
                index_elements=key, set_={"messages": statement.excluded.messages}
            )
        )
    return len(rows)


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(HourlyVolume)) or 0
