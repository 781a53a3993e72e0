"""Contact volume by hour, from before the desk was in use and from its own tickets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from analytics.models import HourlyVolume
from tickets.contracts import Kind
from tickets.models import Message, Ticket

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


def by_hour(
    session: Session, until: datetime, *, channel: str = "", category: str = ""
) -> dict[datetime, int]:
    """Messages of customers in each hour before `until`; an hour without one is missing. Empty: every one.

    Where past figures were imported they count; after the last of them, and before the first, the desk's own messages.
    """
    imported = _imported(session, until, channel, category)
    first, last = session.execute(select(func.min(HourlyVolume.hour), func.max(HourlyVolume.hour))).one()
    hour = func.date_trunc("hour", Message.created_at, "UTC")
    own = (
        select(hour, func.count())
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Message.kind == Kind.INBOUND, Message.created_at < until)
        .group_by(hour)
    )
    if channel:
        own = own.where(Ticket.channel == channel)
    if category:
        own = own.where(Ticket.category == category)
    if first is not None:
        own = own.where((Message.created_at < first) | (Message.created_at >= last + timedelta(hours=1)))
    return imported | {at: int(number) for at, number in session.execute(own)}


def _imported(session: Session, until: datetime, channel: str, category: str) -> dict[datetime, int]:
    query = select(HourlyVolume.hour, func.sum(HourlyVolume.messages)).where(HourlyVolume.hour < until)
    if channel:
        query = query.where(HourlyVolume.channel == channel)
    if category:
        query = query.where(HourlyVolume.category == category)
    return {at: int(number) for at, number in session.execute(query.group_by(HourlyVolume.hour))}


def parts(session: Session, since: datetime) -> list[tuple[str, str]]:
    """The channels and the categories, each as (channel, category), that brought anything since then."""
    own = (
        select(Ticket.channel, func.coalesce(Ticket.category, ""))
        .join(Message, Message.ticket_id == Ticket.id)
        .where(Message.kind == Kind.INBOUND, Message.created_at >= since)
        .distinct()
    )
    past = select(HourlyVolume.channel, HourlyVolume.category).where(HourlyVolume.hour >= since).distinct()
    pairs = [*session.execute(own), *session.execute(past)]
    channels = sorted({channel for channel, _ in pairs})
    categories = sorted({category for _, category in pairs if category})
    return [*((channel, "") for channel in channels), *(("", category) for category in categories)]
