"""How many ask about a gap, week by week, and what that says. Counted from the questions, never stored."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge.gap_models import GapQuestion, KnowledgeGap
from knowledge.gap_questions import WINDOW
from tickets.models import Ticket

_WEEKS = WINDOW // timedelta(weeks=1)
_LEAST = 3
_LEAST_ASKERS = 2
_BEFORE = 4  # Weeks that this one is compared with.


class GapState(StrEnum):
    OPEN = "open"
    PUBLISHED = "published"
    DISMISSED = "dismissed"


class Trend(StrEnum):
    """This week beside the mean of the four before."""

    NEW = "new"
    GROWING = "growing"
    STEADY = "steady"
    FALLING = "falling"


@dataclass(frozen=True)
class Figures:
    """`weeks` counts questions, this week's first. `since_published` came although there was an article."""

    weeks: tuple[int, ...]
    askers: int = 0
    since_published: int = 0

    @property
    def size(self) -> int:
        return sum(self.weeks)

    @property
    def this_week(self) -> int:
        return self.weeks[0]

    @property
    def week_before(self) -> int:
        return self.weeks[1]

    @property
    def is_worth_an_article(self) -> bool:
        return self.size >= _LEAST and self.askers >= _LEAST_ASKERS

    @property
    def trend(self) -> Trend:
        if self.this_week and not any(self.weeks[1:]):
            return Trend.NEW
        mean = sum(self.weeks[1 : 1 + _BEFORE]) / _BEFORE
        if self.this_week >= max(1.5 * mean, mean + 2):
            return Trend.GROWING
        return Trend.FALLING if self.this_week <= 0.5 * mean else Trend.STEADY


def state_of(gap: KnowledgeGap, article_withdrawn_at: datetime | None) -> GapState:
    if gap.dismissed_at is not None:
        return GapState.DISMISSED
    is_there = gap.article_id is not None and article_withdrawn_at is None
    return GapState.PUBLISHED if is_there else GapState.OPEN


def figures_of(session: Session, gaps: Sequence[KnowledgeGap], now: datetime) -> dict[int, Figures]:
    """The figures of each gap as of `now`."""
    ids = [gap.id for gap in gaps]
    recent = (GapQuestion.gap_id.in_(ids), GapQuestion.asked_at > now - WINDOW, GapQuestion.asked_at <= now)
    age = func.floor(func.extract("epoch", now - GapQuestion.asked_at) / timedelta(weeks=1).total_seconds())
    weeks: defaultdict[int, list[int]] = defaultdict(lambda: [0] * _WEEKS)
    by_week = select(GapQuestion.gap_id, age, func.count()).where(*recent).group_by(GapQuestion.gap_id, age)
    for gap, week, count in session.execute(by_week):
        weeks[gap][min(int(week), _WEEKS - 1)] += count
    others = _others(session, recent)
    return {gap: Figures(tuple(weeks[gap]), *others.get(gap, (0, 0))) for gap in ids}


def _others(session: Session, recent: tuple[object, ...]) -> dict[int, tuple[int, int]]:
    """Who asked, and how many asked after an article was published."""
    query = (
        select(
            GapQuestion.gap_id,
            func.count(func.distinct(Ticket.customer_id)),
            func.count().filter(GapQuestion.asked_at > KnowledgeGap.published_at),
        )
        .join(Ticket, Ticket.id == GapQuestion.ticket_id)
        .join(KnowledgeGap, KnowledgeGap.id == GapQuestion.gap_id)
        .where(*recent)  # type: ignore[arg-type]  # the conditions of the query above
        .group_by(GapQuestion.gap_id)
    )
    return {gap: (askers, since) for gap, askers, since in session.execute(query) if gap is not None}
