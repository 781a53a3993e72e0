"""How unlike itself somebody was in an hour, by the audit log. Pure but for `score_hour`, which a job calls.

For each sign (views, refusals, exports, …) the count of the hour is compared with what is to be expected of this actor.
Counts an hour are taken as Poisson with an unknown rate; a gamma prior, which is the habit of all, and the actor's own
active hours give the rate's distribution, so the count is negative binomial. The score of a sign is -log10 of the
probability of so many or more; that of the hour is the highest one.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.models import AuditScore

ALERT_FROM = 6.0  # One hour in a million, if the actor stays as it was.
_HISTORY = timedelta(days=28)
_MOST_TERMS = 20_000
_MOST_SCORE = 99.0

# Per active hour: what is usual (mean) and how sure that is (as so many hours seen).
PRIORS: Mapping[str, tuple[float, float]] = {
    "views": (12.0, 4.0),
    "people": (8.0, 4.0),
    "originals": (1.0, 4.0),
    "writes": (15.0, 4.0),
    "refusals": (0.5, 4.0),
    "failed_logins": (0.3, 4.0),
    "exports": (0.05, 8.0),
    "erasures": (0.05, 8.0),
    "accounts": (0.2, 8.0),
}

_COUNTS = text("""
select actor, date_trunc('hour', at) as hour,
    count(*) filter (where action = 'request.view') as views,
    count(distinct target) filter (where action in ('request.view', 'original.viewed')) as people,
    count(*) filter (where action = 'original.viewed') as originals,
    count(*) filter (where action = 'request.write') as writes,
    count(*) filter (where action in ('request.refused', 'original.refused', 'action.approval_refused')) as refusals,
    count(*) filter (where action = 'login.failed') as failed_logins,
    count(*) filter (where action = 'customer.exported') as exports,
    count(*) filter (where action = 'customer.erased') as erasures,
    count(*) filter (where action like 'user.%' or action like 'key.%') as accounts
from audit_entries
where at >= :since and at < :until and actor <> 'nobody'
group by 1, 2
""")


@dataclass(frozen=True)
class Expected:
    """What is known of one sign of one actor: how often it came in how many active hours."""

    times: int
    hours: int


@dataclass(frozen=True)
class Scored:
    actor: str
    score: float
    signs: dict[str, dict[str, float]]


def surprise(count: int, expected: Expected, prior: tuple[float, float]) -> float:
    """-log10 P(so many or more in an hour)."""
    mean, weight = prior
    shape = mean * weight + expected.times
    stays = (weight + expected.hours) / (weight + expected.hours + 1)
    return min(_MOST_SCORE, max(0.0, -_log10_tail(count, shape, stays)))


def _log10_tail(count: int, shape: float, stays: float) -> float:
    """log10 P(X >= count) of a negative binomial; summed upwards from `count`, where terms soon vanish."""
    if count <= 0:
        return 0.0
    log_term = (
        math.lgamma(shape + count) - math.lgamma(shape) - math.lgamma(count + 1)
        + shape * math.log(stays) + count * math.log1p(-stays)
    )  # fmt: skip
    total, term = 1.0, 1.0
    for k in range(count, count + _MOST_TERMS):
        term *= (shape + k) / (k + 1) * (1 - stays)
        total += term
        if term < total * 1e-12:
            break
    return (log_term + math.log(total)) / math.log(10)


def score_of(
    counts: Mapping[str, int], history: Mapping[str, Expected]
) -> tuple[float, dict[str, dict[str, float]]]:
    """The score of an hour, and the signs that are worth telling with count and expectation."""
    signs = {}
    for name, prior in PRIORS.items():
        known = history.get(name, Expected(0, 0))
        value = surprise(counts.get(name, 0), known, prior)
        if value >= 1.0:
            usual = (prior[0] * prior[1] + known.times) / (prior[1] + known.hours)
            signs[name] = {"score": round(value, 2), "count": counts.get(name, 0), "usual": round(usual, 2)}
    return max((one["score"] for one in signs.values()), default=0.0), signs


def score_hour(session: Session, hour: datetime) -> list[Scored]:
    """Score everybody who did something in the hour that begins at `hour`, and keep it; the most unlike first."""
    present = _read(session, hour, hour + timedelta(hours=1))
    past = _read(session, hour - _HISTORY, hour)
    scored = []
    for actor, [counts] in present.items():
        hours = past.get(actor, [])
        history = {name: Expected(sum(one[name] for one in hours), len(hours)) for name in PRIORS}
        score, signs = score_of(counts, history)
        scored.append(Scored(actor, score, signs))
        row = insert(AuditScore).values(actor=actor, hour=hour, score=score, signs=signs)
        session.execute(
            row.on_conflict_do_update(
                index_elements=[AuditScore.actor, AuditScore.hour], set_={"score": score, "signs": signs}
            )
        )
    return sorted(scored, key=lambda one: one.score, reverse=True)


def _read(session: Session, since: datetime, until: datetime) -> dict[str, list[dict[str, int]]]:
    found: dict[str, list[dict[str, int]]] = {}
    for row in session.execute(_COUNTS, {"since": since, "until": until}).mappings():
        found.setdefault(row["actor"], []).append({name: int(row[name]) for name in PRIORS})
    return found


def newest_scores(session: Session, *, least: float = 1.0, limit: int = 50) -> list[AuditScore]:
    """For people: the hours in which somebody was unlike themselves, the newest first."""
    query = select(AuditScore).where(AuditScore.score >= least)
    return list(session.scalars(query.order_by(AuditScore.hour.desc(), AuditScore.score.desc()).limit(limit)))


def words(scored: Scored | AuditScore) -> str:
    """One sentence for an alert."""
    signs: list[tuple[str, Any]] = sorted(scored.signs.items(), key=lambda one: -one[1]["score"])
    said = ", ".join(
        f"{name.replace('_', ' ')} {one['count']:g} (usual {one['usual']:g})" for name, one in signs[:3]
    )
    return f"{scored.actor} is unlike itself, score {scored.score:.1f}: {said}"
