"""What the checked answers of each category prove: from which confidence on they could go out without a person.

A label is what staff said of an answer; without a word of theirs, what they did with its draft. It is told, not acted
on: the agent goes by the thresholds that people set.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Float, ScalarSelect, cast, select
from sqlalchemy.orm import Session

from analytics.calibration import Checked, Gate, Promise, choose, has_drifted
from analytics.stories import changed_share, sent_by_staff
from tickets.correction_models import AnswerVerdict
from tickets.models import AgentDecision

_MOST_LABELS = 2_000  # Comparing drafts with what was sent costs up to a millisecond each.
_WATCHED = timedelta(days=28)
_KEPT, _REWRITTEN = (
    0.1,
    0.5,
)  # Of a draft's words changed: up to the one it was right, from the other on wrong.


@dataclass(frozen=True)
class Label:
    """One answer that was checked, with its category and when it was given."""

    category: str
    checked: Checked
    at: datetime


@dataclass(frozen=True)
class CategoryGate:
    """`drifted`: the answers of the last four weeks contradict what the earlier ones proved, so the gate is closed."""

    gate: Gate
    labels: int
    drifted: bool


def gates(session: Session, promise: Promise, now: datetime) -> dict[str, CategoryGate]:
    """By category. Proven by the labels before the last four weeks, watched with those since; young desks use all."""
    parts: dict[str, list[Label]] = {}
    for label in labels(session):
        parts.setdefault(label.category, []).append(label)
    return {name: _gate(parts[name], promise, now) for name in sorted(parts)}


def _gate(found: Iterable[Label], promise: Promise, now: datetime) -> CategoryGate:
    ordered = sorted(found, key=lambda one: one.at)
    everything = choose([one.checked for one in ordered], promise)
    earlier = choose([one.checked for one in ordered if one.at < now - _WATCHED], promise)
    recent = [one.checked for one in ordered if one.at >= now - _WATCHED]
    if has_drifted(recent, earlier, promise):
        closed = Gate(None, 0.0, 0, 0, 1.0, everything.more_needed)
        return CategoryGate(closed, len(ordered), drifted=True)
    return CategoryGate(everything, len(ordered), drifted=False)


def labels(session: Session) -> list[Label]:
    """The newest. Where what staff said contradicts what they did, what they said counts."""
    judged = AgentDecision.judgement
    confidence = cast(judged["confidence"].astext, Float)
    query = (
        select(
            judged["category"].astext,
            confidence,
            AgentDecision.at,
            _verdict(),
            AgentDecision.draft,
            sent_by_staff(),
        )
        .where(judged["category"].astext.is_not(None), confidence.is_not(None), AgentDecision.draft != "")
        .order_by(AgentDecision.id.desc())
        .limit(_MOST_LABELS)
    )
    found = []
    for name, sure, at, verdict, draft, sent in session.execute(query):
        right = _was_right(verdict, draft, sent)
        if right is not None:
            found.append(Label(name, Checked(sure, right), at))
    return found


def _was_right(verdict: str | None, draft: str, sent: str | None) -> bool | None:
    if verdict is not None:
        return verdict == "right"
    if sent is None:
        return None
    changed = changed_share(draft, sent)
    return changed <= _KEPT if changed <= _KEPT or changed >= _REWRITTEN else None


def _verdict() -> ScalarSelect[str]:
    return (
        select(AnswerVerdict.verdict)
        .where(AnswerVerdict.decision_id == AgentDecision.id)
        .order_by(AnswerVerdict.at.desc())
        .limit(1)
        .correlate(AgentDecision)
        .scalar_subquery()
    )
