"""Whether the help desk that a ticket came from still has to be told that it is done, or not any more.

Computed from the ticket's status and from what the timeline says was written there. Called by `tasks`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

from runtime.errors import DeskfleetError, Permanent
from tickets import timeline
from tickets.contracts import Author, Channel

WRITTEN = "status_written"
REFUSED = "status_refused"
POSTPONED = "status_postponed"

_MOST_TRIES = 8
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 900.0
_MOST_AT_ONCE = 100


class StatusWriter(Protocol):
    """What the module of a help desk's channel offers besides sending."""

    def write_status(self, thread: str, *, done: bool) -> None:
        """Raises Retryable, Permanent or SettingError; the same status twice harms nobody."""
        ...


@dataclass(frozen=True)
class Wanted:
    """`done`: no ticket of the help desk's thread is open any more."""

    ticket_id: int
    channel: Channel
    thread: str
    done: bool
    tries: int


# A customer's thread may have become several tickets here: it is done when all of them are. What was never told
# is open there, as it came.
_DIFFERENT = """
select ticket.id, ticket.channel, ticket.thread, wanted.done, coalesce((last.data->>'tries')::int, 0) as tries
from tickets ticket
cross join lateral (
    select bool_and(other.status in ('resolved', 'closed')) as done from tickets other
    where other.channel = ticket.channel and other.thread = ticket.thread and other.thread <> ''
) wanted
left join lateral (
    select event.kind, event.data from ticket_events event
    where event.ticket_id = ticket.id and event.kind in (:written, :refused, :postponed)
    order by event.id desc limit 1
) last on true
where ticket.channel in ('zendesk', 'intercom') and ticket.thread <> ''
    and case when last.kind = :postponed then (last.data->>'until')::timestamptz <= now()
        else wanted.done <> coalesce((last.data->>'done')::boolean, false) end
"""
_OF_TICKET = text(_DIFFERENT + " and ticket.id = :ticket_id")
_DUE = text(
    _DIFFERENT + " and ticket.updated_at > now() - interval '2 days'"
    " and ticket.updated_at < now() - make_interval(secs => :settled_s) limit :most"
)
_KINDS = {"written": WRITTEN, "refused": REFUSED, "postponed": POSTPONED}


def read_wanted(session: Session, ticket_id: int) -> Wanted | None:
    """What is to be told of this ticket now; None when there is nothing, or a pause has not ended."""
    row = session.execute(_OF_TICKET, _KINDS | {"ticket_id": ticket_id}).first()
    return Wanted(row.id, Channel(row.channel), row.thread, row.done, row.tries) if row else None


def due(session: Session, *, settled_s: float) -> list[int]:
    """Tickets of the last days whose help desk was not told, though nothing changed for `settled_s` seconds."""
    rows = session.execute(_DUE, _KINDS | {"settled_s": settled_s, "most": _MOST_AT_ONCE})
    return [row.id for row in rows]


def record_written(session: Session, wanted: Wanted) -> None:
    timeline.record(session, wanted.ticket_id, WRITTEN, actor=Author.SYSTEM, done=wanted.done)


def record_failed(
    session: Session, wanted: Wanted, error: DeskfleetError, *, retry_after_s: float | None = None
) -> None:
    """Postponed, or given up when it was refused for good or tried too often; staff see it on the timeline."""
    tries = wanted.tries + 1
    if isinstance(error, Permanent) or tries >= _MOST_TRIES:
        timeline.record(
            session, wanted.ticket_id, REFUSED, actor=Author.SYSTEM, done=wanted.done, error=error.detail
        )
        return
    pause_s = retry_after_s or min(_FIRST_PAUSE_S * 2 ** (tries - 1), _LONGEST_PAUSE_S)
    until = datetime.now(UTC) + timedelta(seconds=pause_s)
    timeline.record(
        session,
        wanted.ticket_id,
        POSTPONED,
        actor=Author.SYSTEM,
        done=wanted.done,
        tries=tries,
        until=until.isoformat(),
        error=error.detail,
    )
