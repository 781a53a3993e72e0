"""One dial: what another threshold of confidence would mean, in answers, errors, money, queue and people.

Counted on what the agent decided lately: a message that was stopped by confidence alone, or by nothing, follows the
threshold; whatever another rule stopped goes to staff at any threshold. Knowledge and customers stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from analytics.models import StoredForecast
from analytics.replay_truth import read_past
from analytics.replays import Interval, clopper_pearson, wilson
from analytics.staffing import Goal, Load, needed, service

LEAST = 30  # With fewer decisions a curve would follow chance.
THRESHOLDS = (0.0, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.99)
_MOST = 10_000
_MOST_JUDGED = 2_000  # Comparing drafts with what was sent costs up to a millisecond each.
_DECIDED = text("""
select d.id, coalesce(d.confidence, cast(d.judgement ->> 'confidence' as float), 0) as confidence, d.cost_usd,
    (d.outcome = 'reply' or d.reason in ('low_confidence', 'draft_for_staff')) and d.draft <> '' as follows
from agent_decisions d
where d.at >= :since and d.at < :until and (:category = '' or d.judgement ->> 'category' = :category)
order by d.id desc limit :most
""")


@dataclass(frozen=True)
class Seen:
    """A decision: whether it follows the threshold, and whether its answer was right, where anybody told."""

    confidence: float
    follows: bool
    is_right: bool | None
    cost_usd: float


@dataclass(frozen=True)
class Point:
    """At one threshold: answers that go out alone, how many of them are wrong, and what a ticket costs."""

    threshold: float
    automation: Interval
    errors: Interval
    cost_per_ticket_usd: float


@dataclass(frozen=True)
class Desk:
    """What a message costs staff, what an hour of theirs costs, and how many are at work (0: as many as needed)."""

    handling_s: float = 300.0
    hourly_usd: float = 30.0
    at_work: int = 0
    goal: Goal = field(default_factory=Goal)


@dataclass(frozen=True)
class Hour:
    """What comes to staff in the hour from `at` on; `staff` keep the goal, `low` and `high` at the ends of the band.

    `answered_in_time`, `wait_s` and `queue` (mean number that waits) are with those who are at work. None: the queue
    would grow without end.
    """

    at: datetime
    contacts: float
    low: float
    high: float
    staff: int
    staff_low: int
    staff_high: int
    answered_in_time: float
    wait_s: float | None
    queue: float | None


def read_seen(session: Session, since: datetime, until: datetime, *, category: str = "") -> list[Seen]:
    """The newest decisions of the span."""
    given = {"since": since, "until": until, "category": category, "most": _MOST}
    rows = session.execute(_DECIDED, given).all()
    judged = read_past(session, [row.id for row in rows if row.follows][:_MOST_JUDGED])
    return [
        Seen(
            float(row.confidence),
            bool(row.follows),
            judged[row.id].is_right if row.id in judged else None,
            float(row.cost_usd),
        )
        for row in rows
    ]


def point(seen: Sequence[Seen], threshold: float, desk: Desk) -> Point:
    alone = [one for one in seen if one.follows and one.confidence >= threshold]
    told = [one.is_right for one in alone if one.is_right is not None]
    automation = wilson(len(alone), len(seen))
    by_staff = 1.0 - (automation.value or 0.0)
    models = sum(one.cost_usd for one in seen) / len(seen) if seen else 0.0
    cost = models + by_staff * desk.handling_s / 3600 * desk.hourly_usd
    return Point(threshold, automation, clopper_pearson(told.count(False), len(told)), cost)


def curve(seen: Sequence[Seen], desk: Desk) -> list[Point]:
    """Empty where too little was decided."""
    return [point(seen, threshold, desk) for threshold in THRESHOLDS] if len(seen) >= LEAST else []


def hours(
    stored: StoredForecast, chosen: Point, desk: Desk, *, start: datetime, count: int = 24
) -> list[Hour]:
    """What the forecast brings to staff at a threshold; the band has both the volume's and the automation's doubt."""
    share = 1.0 - (chosen.automation.value or 0.0)
    least = 1.0 - (chosen.automation.high if chosen.automation.high is not None else 0.0)
    most = 1.0 - (chosen.automation.low if chosen.automation.low is not None else 0.0)
    found = []
    for one in stored.bins:
        at = datetime.fromisoformat(one["at"])
        if start <= at < start + timedelta(hours=count):
            found.append(
                _hour(at, (one["expected"] * share, one["low_80"] * least, one["high_80"] * most), desk)
            )
    return found


def _hour(at: datetime, contacts: tuple[float, float, float], desk: Desk) -> Hour:
    needs = [needed(Load(one, desk.handling_s), desk.goal).at_work for one in contacts]
    at_work = desk.at_work or needs[0]
    served = service(Load(contacts[0], desk.handling_s), at_work, desk.goal.within_s)
    is_steady = served.wait_s != float("inf")
    return Hour(
        at=at,
        contacts=contacts[0],
        low=contacts[1],
        high=contacts[2],
        staff=needs[0],
        staff_low=needs[1],
        staff_high=needs[2],
        answered_in_time=served.answered_in_time,
        wait_s=served.wait_s if is_steady else None,
        queue=contacts[0] / 3600 * served.wait_s if is_steady else None,  # Little's law.
    )
