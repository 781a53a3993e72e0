"""Compares what a candidate decided in a replay with what was decided then, with intervals."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import sqrt
from typing import Any

from scipy.stats import beta
from sqlalchemy import select
from sqlalchemy.orm import Session

from analytics.replay_models import Replay, ReplayCase
from analytics.replay_rows import Progress, progress
from tickets.models import Ticket

SCOPE = (
    "The next turn only: what customers would have written after another answer is not simulated. "
    "Classifiers are as trained today."
)
_Z = 1.959963984540054  # of 95 %
_MOST_DIFFERENT = 20


@dataclass(frozen=True)
class Interval:
    """A share with its 95 % interval; all None where there is nothing to count."""

    value: float | None
    low: float | None
    high: float | None
    of: int


@dataclass(frozen=True)
class Side:
    """What one of the two did with the same cases. `wrong`: of the replies that would go out, where it is known."""

    cases: int
    automation: Interval
    wrong: Interval
    escalations: Mapping[str, int]
    cost_usd: float
    ms_p50: float | None


@dataclass(frozen=True)
class Different:
    """One case side by side; what staff sent or said of it is in `is_right`."""

    ticket: str
    difference: float
    present: Mapping[str, Any]
    candidate: Mapping[str, Any]


@dataclass(frozen=True)
class Compared:
    """`present` and `candidate` are of the cases that both decided; `gain` is the difference of their automation.

    `not_reproducible`: why, and how many. `without_knowledge`: cases before the first article.
    """

    replay: str
    name: str
    since: datetime
    until: datetime
    is_live: bool
    progress: Progress
    gone: int
    present: Side
    candidate: Side
    gain: Interval
    undecided_then: Side
    not_reproducible: Mapping[str, int]
    without_knowledge: int
    most_different: Sequence[Different]
    scope: str = SCOPE

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Case:
    ticket: str
    difference: float
    present: Mapping[str, Any]
    candidate: Mapping[str, Any]


def compare(session: Session, replay: Replay) -> Compared:
    """As far as it is: a replay that still runs is compared on what is done."""
    cases = _read(session, replay)
    paired = [one for one in cases if one.present]
    others = [one for one in cases if not one.present]
    counted = progress(session, replay)
    ranked = sorted(paired, key=lambda one: (-one.difference, one.ticket))[:_MOST_DIFFERENT]
    return Compared(
        replay=replay.public_id,
        name=replay.name,
        since=replay.since,
        until=replay.until,
        is_live=replay.is_live,
        progress=counted,
        gone=counted.gone,
        present=side([one.present for one in paired]),
        candidate=side([one.candidate for one in paired]),
        gain=paired_difference([(_replied(one.present), _replied(one.candidate)) for one in paired]),
        undecided_then=side([one.candidate for one in others]),
        not_reproducible=_reasons(session, replay),
        without_knowledge=sum(bool(one.candidate.get("note")) for one in cases),
        most_different=[
            Different(one.ticket, one.difference, one.present, one.candidate)
            for one in ranked
            if one.difference > 0
        ],
    )


def side(decided: Sequence[Mapping[str, Any]]) -> Side:
    replied = [one for one in decided if _replied(one)]
    told = [one["is_right"] for one in replied if one.get("is_right") is not None]
    reasons = Counter(str(one.get("reason") or "") for one in decided if not _replied(one))
    times = sorted(float(one.get("ms") or 0) for one in decided)
    return Side(
        cases=len(decided),
        automation=wilson(len(replied), len(decided)),
        wrong=clopper_pearson(told.count(False), len(told)),
        escalations=dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
        cost_usd=sum(float(one.get("cost_usd") or 0) for one in decided),
        ms_p50=times[len(times) // 2] if times else None,
    )


def wilson(hits: int, of: int) -> Interval:
    """Wilson 1927: the shares under which so many hits are within two standard errors."""
    if not of:
        return Interval(None, None, None, 0)
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half), of)


def clopper_pearson(hits: int, of: int) -> Interval:
    """Clopper and Pearson 1934, two-sided 95 %: never narrower than stated, for what must not be taken too lightly."""
    if not of:
        return Interval(None, None, None, 0)
    low = float(beta.ppf(0.025, hits, of - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, of - hits)) if hits < of else 1.0
    return Interval(hits / of, low, high, of)


def paired_difference(pairs: Iterable[tuple[bool, bool]]) -> Interval:
    """Second share − first share of the same cases: only those that differ make it uncertain (Agresti and Min 2005).

    Half a case is added to each of the four cells, so that no difference at all is not taken for certainty.
    """
    found = list(pairs)
    if not found:
        return Interval(None, None, None, 0)
    gained = sum(second and not first for first, second in found)
    lost = sum(first and not second for first, second in found)
    of, up, down = len(found) + 2, gained + 0.5, lost + 0.5
    middle = (up - down) / of
    half = _Z * sqrt(max(up + down - (up - down) ** 2 / of, 0.0)) / of
    return Interval(
        (gained - lost) / len(found), max(-1.0, middle - half), min(1.0, middle + half), len(found)
    )


def _replied(decided: Mapping[str, Any]) -> bool:
    return decided.get("outcome") == "reply"


def _read(session: Session, replay: Replay) -> list[_Case]:
    query = (
        select(Ticket.public_id, ReplayCase.difference, ReplayCase.present, ReplayCase.candidate)
        .join(Ticket, Ticket.id == ReplayCase.ticket_id)
        .where(ReplayCase.replay_id == replay.id, ReplayCase.state == "done")
    )
    return [_Case(ticket, gap or 0.0, then, now) for ticket, gap, then, now in session.execute(query)]


def _reasons(session: Session, replay: Replay) -> dict[str, int]:
    query = select(ReplayCase.why).where(
        ReplayCase.replay_id == replay.id, ReplayCase.state == "not_reproducible"
    )
    return dict(Counter(session.scalars(query)).most_common())
