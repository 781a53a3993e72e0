"""Figures without reading every message again: each ticket's story is kept, and read anew when something happened.

The grain is the ticket, not the hour: a figure of any hour, day, channel or category is then exactly what a count from
scratch gives, percentiles too, and what comes late (reopened, merged, erased) changes its own row alone.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from analytics.rollup_models import RolledStory, RollupMarks
from analytics.stories import Span, Story, stories, stories_of
from runtime.database import transaction
from tickets.satisfaction import RATED

_BATCH = 1_000
_AT_ONCE = 2_000  # More changed tickets than this are the job's: a page does not wait for them.
# A row gets its number before its transaction commits: what is younger than this is looked at again.
_LATE = timedelta(minutes=10)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Whatever happens to a ticket changes one of these, but for a rating, which is an event alone.
_STATE = "concat_ws('|', t.updated_at, t.status, t.owner, t.last_seq, t.handled_seq, t.channel, t.category)"
_CHANGED = text(f"""
select t.id from tickets t left join rolled_stories r on r.ticket_id = t.id
where t.id > :after and (
    (t.status <> 'merged' and (r.ticket_id is null or r.state <> {_STATE} or t.id in (
        select ticket_id from ticket_events where id > :events and kind = :rated)))
    or (t.status = 'merged' and r.ticket_id is not null))
order by t.id limit :most
""")  # noqa: S608  # of constants
_STATES = text(f"select t.id, {_STATE} from tickets t where t.id = any(cast(:tickets as bigint[]))")  # noqa: S608
_NEWEST = text("select coalesce(max(id), 0) from ticket_events")


def read(session: Session, span: Span) -> list[Story]:
    """The same as `stories.stories`, brought up to date first; from scratch where too much has changed for a page."""
    if not _catch_up(session, most=_AT_ONCE):
        return stories(session, span)
    query = (
        select(RolledStory.channel, RolledStory.category, RolledStory.story)
        .where(RolledStory.began >= span.since, RolledStory.began < span.until)
        .order_by(RolledStory.began, RolledStory.ticket_id)
    )
    if span.channel:
        query = query.where(RolledStory.channel == span.channel)
    if span.category:
        query = query.where(RolledStory.category == span.category)
    return [_story(channel, category, stored) for channel, category, stored in session.execute(query)]


def roll_up(progress: Callable[[int], None] | None = None) -> int:
    """All that changed since the last time, in short transactions; returns how many tickets were read."""
    done, after, newest = 0, 0, None
    while True:
        with transaction() as session:
            newest = newest or _newest(session)
            found = _changed(session, after=after, most=_BATCH)
            _write(session, found)
            done += len(found)
            if len(found) < _BATCH:
                _note(session, newest)
                return done
        after = found[-1]
        if progress:
            progress(done)


def rebuild(progress: Callable[[int], None] | None = None) -> int:
    """Forget all and read every ticket anew; returns how many. Figures are counted from scratch meanwhile."""
    with transaction() as session:
        session.execute(delete(RolledStory))
        session.execute(delete(RollupMarks))
    return roll_up(progress)


def _catch_up(session: Session, *, most: int) -> bool:
    """Whether everything is rolled up now."""
    newest = _newest(session)
    found = _changed(session, after=0, most=most)
    if len(found) >= most:
        return False
    _write(session, found)
    _note(session, newest)
    return True


def _changed(session: Session, *, after: int, most: int) -> list[int]:
    given = {"after": after, "most": most, "events": _seen_events(session), "rated": RATED}
    return list(session.scalars(_CHANGED, given))


def _write(session: Session, tickets: list[int]) -> None:
    if not tickets:
        return
    states = _states(session, tickets)
    found = stories_of(session, tickets)
    rows = [
        {
            "ticket_id": number,
            "began": one.began,
            "channel": one.channel,
            "category": one.category,
            "state": states[number],
            "story": _stored(one),
        }
        for number, one in found.items()
        if number in states
    ]
    gone = [number for number in tickets if number not in found]
    if gone:
        session.execute(delete(RolledStory).where(RolledStory.ticket_id.in_(gone)))
    if rows:
        statement = insert(RolledStory)
        changed = {name: statement.excluded[name] for name in rows[0] if name != "ticket_id"}
        session.execute(statement.on_conflict_do_update(index_elements=["ticket_id"], set_=changed), rows)


def _states(session: Session, tickets: list[int]) -> dict[int, str]:
    """Read before the stories: what happens in between is found changed the next time."""
    return {number: state for number, state in session.execute(_STATES, {"tickets": tickets})}


def _seen_events(session: Session) -> int:
    """The newest event of which all before it had been committed when they were last looked at."""
    known = session.scalar(select(RollupMarks.marks)) or []
    settled = [one for one in known if _at(one) <= _at(known[-1]) - _LATE]
    return int(settled[-1]["events"]) if settled else 0


def _newest(session: Session) -> dict[str, Any]:
    return {"at": datetime.now(UTC).isoformat(), "events": session.scalars(_NEWEST).one()}


def _note(session: Session, newest: dict[str, Any]) -> None:
    """One mark a minute is enough, and those that are needed no more go."""
    known = session.scalar(select(RollupMarks.marks)) or []
    if known and _at(newest) - _at(known[-1]) < timedelta(minutes=1):
        return
    settled = [one for one in known if _at(one) <= _at(newest) - _LATE]
    marks = [*settled[-1:], *(one for one in known if one not in settled), newest]
    statement = insert(RollupMarks).values(id=1, marks=marks)
    session.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"marks": statement.excluded.marks})
    )


def _at(mark: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(mark["at"])


def _stored(one: Story) -> dict[str, Any]:
    """Moments in microseconds, as the database has them."""
    return {
        "id": one.public_id,
        "at": _number(one.began),
        "q": list(map(_number, one.questions)),
        "a": list(map(_number, one.agent_replies)),
        "s": list(map(_number, one.staff_replies)),
        "e": [[_number(at), reason] for at, reason in one.escalations],
        "c": list(map(_number, one.closings)),
        "r": one.rating,
        "d": one.edits,
        "u": one.cost_usd,
    }


def _story(channel: str, category: str, stored: dict[str, Any]) -> Story:
    return Story(
        public_id=stored["id"],
        began=_moment(stored["at"]),
        channel=channel,
        category=category,
        questions=list(map(_moment, stored["q"])),
        agent_replies=list(map(_moment, stored["a"])),
        staff_replies=list(map(_moment, stored["s"])),
        escalations=[(_moment(at), reason) for at, reason in stored["e"]],
        closings=list(map(_moment, stored["c"])),
        rating=stored["r"],
        edits=[float(share) for share in stored["d"]],
        cost_usd=float(stored["u"]),
    )


def _number(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _moment(number: int) -> datetime:
    """Exact: a float tells moments of these centuries apart to a quarter of a microsecond."""
    return datetime.fromtimestamp(number / 1_000_000, UTC)
