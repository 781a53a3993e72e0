"""The rows of replays: which tickets one has, who works on which, what came out. No ticket is ever changed here."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from analytics.replay_models import Replay, ReplayCase
from runtime.errors import InvalidInput, NotFound

LEASE = timedelta(seconds=120)

# The first turn of each ticket: what the agent decided first, else what the customer wrote first.
_CHOOSE = text("""
insert into replay_cases (replay_id, ticket_id, up_to_seq, decision_id)
select :replay, tickets.id, coalesce(decided.answers_seq, asked.seq), decided.id
from tickets
join lateral (
    select min(seq) as seq from messages
    where ticket_id = tickets.id and author = 'customer' and kind = 'inbound' and automatic = '' and text <> ''
) asked on asked.seq is not null
left join lateral (
    select id, answers_seq from agent_decisions where ticket_id = tickets.id order by id limit 1
) decided on true
where tickets.created_at >= :since and tickets.created_at < :until and tickets.status <> 'merged'
order by tickets.created_at desc, tickets.id desc
limit :most
""")
_CLAIM = text("""
update replay_cases set claim_token = :token, claimed_until = now() + :lease
where (replay_id, ticket_id) in (
    select replay_id, ticket_id from replay_cases
    where replay_id = :replay and state = 'waiting' and (claimed_until is null or claimed_until < now())
    order by ticket_id limit :most for update skip locked)
returning ticket_id, up_to_seq, decision_id
""")


@dataclass(frozen=True)
class Wanted:
    """Tickets that began in `since ≤ t < until`; the newest `most` of them."""

    since: datetime
    until: datetime
    most: int | None = None
    is_live: bool = False
    by: str = ""


@dataclass(frozen=True)
class Claimed:
    """Some cases of a replay that are one worker's until its lease ends."""

    token: str
    up_to: Mapping[int, int]
    decisions: Mapping[int, int | None]


@dataclass(frozen=True)
class Result:
    ticket_id: int
    state: str
    present: dict[str, Any]
    candidate: dict[str, Any]
    difference: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Progress:
    """`gone`: their customers were erased meanwhile."""

    cases: int
    done: int
    not_reproducible: int
    failed: int
    waiting: int

    @property
    def gone(self) -> int:
        return self.cases - self.done - self.not_reproducible - self.failed - self.waiting


def begin(session: Session, candidate: Mapping[str, Any], wanted: Wanted) -> Replay:
    """Raises InvalidInput when no ticket began in the span."""
    if wanted.since >= wanted.until:
        raise InvalidInput("The span ends before it begins.", field="until")
    replay = Replay(
        public_id=f"RPL-{secrets.token_hex(4).upper()}",
        name=str(candidate["name"]),
        candidate=dict(candidate),
        since=wanted.since,
        until=wanted.until,
        is_live=wanted.is_live,
        requested_by=wanted.by,
    )
    session.add(replay)
    session.flush()
    given = {"replay": replay.id, "since": wanted.since, "until": wanted.until, "most": wanted.most}
    replay.cases = session.execute(_CHOOSE, given).rowcount  # type: ignore[attr-defined]  # of a cursor result
    if not replay.cases:
        raise InvalidInput("No ticket with a message of a customer began in these days.", field="since")
    session.flush()
    return replay


def find(session: Session, public_id: str) -> Replay:
    """Raises NotFound."""
    found = session.scalars(select(Replay).where(Replay.public_id == public_id)).first()
    if found is None:
        raise NotFound(f"There is no replay {public_id[:40]}.")
    return found


def newest(session: Session, *, limit: int = 50) -> list[Replay]:
    return list(session.scalars(select(Replay).order_by(Replay.id.desc()).limit(limit)))


def claim(session: Session, replay_id: int, *, most: int) -> Claimed | None:
    """None: nothing waits, or others are at work on all that does."""
    token = secrets.token_hex(8)
    rows = session.execute(_CLAIM, {"token": token, "lease": LEASE, "replay": replay_id, "most": most}).all()
    if not rows:
        return None
    return Claimed(
        token, {one: seq for one, seq, _decision in rows}, {one: decision for one, _seq, decision in rows}
    )


def record(session: Session, replay_id: int, claimed: Claimed, results: Iterable[Result]) -> None:
    """What a colleague has taken over since is left to them; an erased customer's row is gone."""
    table = ReplayCase.__table__
    for one in results:
        session.execute(
            update(table)  # type: ignore[arg-type]  # a table of ours
            .where(
                table.c.replay_id == replay_id,
                table.c.ticket_id == one.ticket_id,
                table.c.claim_token == claimed.token,
            )
            .values(
                state=one.state,
                present=one.present,
                candidate=one.candidate,
                difference=one.difference,
                why=one.why,
            )
        )


def end_if_done(session: Session, replay_id: int) -> bool:
    waiting = select(ReplayCase.ticket_id).where(
        ReplayCase.replay_id == replay_id, ReplayCase.state == "waiting"
    )
    if session.scalar(waiting.limit(1)) is not None:
        return False
    session.execute(
        update(Replay).where(Replay.id == replay_id, Replay.ended_at.is_(None)).values(ended_at=func.now())
    )
    return True


def release(session: Session, replay_id: int) -> None:
    """What a killed process had claimed need not wait for its lease: called where no other can be at work."""
    session.execute(
        update(ReplayCase)
        .where(ReplayCase.replay_id == replay_id, ReplayCase.state == "waiting")
        .values(claimed_until=None)
    )


def progress(session: Session, replay: Replay) -> Progress:
    rows = session.execute(
        select(ReplayCase.state, func.count())
        .where(ReplayCase.replay_id == replay.id)
        .group_by(ReplayCase.state)
    )
    counts = {state: count for state, count in rows}
    names: Sequence[str] = ("done", "not_reproducible", "failed", "waiting")
    return Progress(replay.cases, *(counts.get(name, 0) for name in names))
