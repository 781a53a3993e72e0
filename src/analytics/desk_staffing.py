"""The people that the desk's own forecast asks for, hour by hour; the arithmetic is `staffing`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analytics.models import StoredForecast
from analytics.staffing import Goal, Load, Need, needed
from tickets.contracts import Author, Kind
from tickets.models import Message

_WEEKS = timedelta(days=28)
_LEAST_MESSAGES = 50


@dataclass(frozen=True)
class Work:
    """What a contact costs. `staff_share`: of the messages, how many staff answer; the agent answers the others."""

    handling_s: float
    patience_s: float | None
    staff_share: float


@dataclass(frozen=True)
class Hour:
    """People for the expected volume, and for the upper end of its 80 % interval."""

    at: datetime
    contacts: float
    need: Need
    need_high: Need


def staff_share(session: Session, now: datetime) -> float:
    """Of the replies of four weeks, those that staff wrote; 1 where there are too few to tell."""
    replies = (
        select(Message.author, func.count())
        .where(Message.kind == Kind.OUTBOUND, Message.created_at >= now - _WEEKS, Message.automatic == "")
        .group_by(Message.author)
    )
    counts = {author: int(number) for author, number in session.execute(replies)}
    by_staff, by_agent = counts.get(Author.STAFF, 0), counts.get(Author.AGENT, 0)
    whole = by_staff + by_agent
    return by_staff / whole if whole >= _LEAST_MESSAGES else 1.0


def hours(stored: StoredForecast, work: Work, goal: Goal, *, start: datetime, count: int) -> Sequence[Hour]:
    """From the hour `start` on, as far as the forecast reaches."""
    found: list[Hour] = []
    for one in stored.bins:
        at = datetime.fromisoformat(one["at"])
        if at < start or len(found) == count:
            continue
        expected, high = one["expected"] * work.staff_share, one["high_80"] * work.staff_share
        needs = [
            needed(Load(contacts, work.handling_s, work.patience_s), goal) for contacts in (expected, high)
        ]
        found.append(Hour(at, expected, needs[0], needs[1]))
    return found
