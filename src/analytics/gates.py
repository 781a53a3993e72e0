"""What the checked answers of each category prove: from which confidence on they could go out without a person.

A label is what staff said of an answer; without a word of theirs, what they did with its draft, or that the customer
had to come back. `gate_states` keeps what is proven; the agent goes by it where the desk wants that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Float, ScalarSelect, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from analytics.calibration import Checked, Gate, Promise, choose, has_drifted
from analytics.stories import changed_share, sent_by_staff
from tickets.contracts import Author, Status
from tickets.correction_models import AnswerVerdict
from tickets.models import AgentDecision, Message, TicketEvent
from tickets.thanks import is_only_thanks

_MOST_LABELS = 2_000  # Comparing drafts with what was sent costs up to a millisecond each.
_WATCHED = timedelta(days=28)
_SOON = timedelta(days=7)
_DONE = (Status.RESOLVED, Status.CLOSED)
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
    is_disputed: bool = False


@dataclass(frozen=True)
class CategoryGate:
    """`drifted`: the answers of the last four weeks contradict what the earlier ones proved, so the gate is closed.

    `contradictions`: answers that some of the staff called right and others wrong; the newest verdict counts.
    """

    gate: Gate
    labels: int
    drifted: bool
    contradictions: int = 0


def gates(session: Session, promise: Promise, now: datetime) -> dict[str, CategoryGate]:
    """By category. Proven by the labels before the last four weeks, watched with those since; young desks use all."""
    parts: dict[str, list[Label]] = {}
    for label in labels(session):
        parts.setdefault(label.category, []).append(label)
    return of_labels(parts, promise, now)


def of_labels(
    parts: Mapping[str, Sequence[Label]], promise: Promise, now: datetime
) -> dict[str, CategoryGate]:
    """The same, of labels that were read already, by category."""
    return {name: _gate(parts[name], promise, now) for name in sorted(parts)}


def _gate(found: Iterable[Label], promise: Promise, now: datetime) -> CategoryGate:
    ordered = sorted(found, key=lambda one: one.at)
    disputed = sum(one.is_disputed for one in ordered)
    everything = choose([one.checked for one in ordered], promise)
    earlier = choose([one.checked for one in ordered if one.at < now - _WATCHED], promise)
    recent = [one.checked for one in ordered if one.at >= now - _WATCHED]
    if has_drifted(recent, earlier, promise):
        closed = Gate(None, 0.0, 0, 0, 1.0, everything.more_needed)
        return CategoryGate(closed, len(ordered), drifted=True, contradictions=disputed)
    return CategoryGate(everything, len(ordered), drifted=False, contradictions=disputed)


def labels(session: Session) -> list[Label]:
    """The newest. Where what staff said contradicts what they did, what they said counts.

    The confidence is the one that sends an answer; of old decisions, which did not keep it, triage's.
    """
    judged = AgentDecision.judgement
    confidence = func.coalesce(AgentDecision.confidence, cast(judged["confidence"].astext, Float))
    query = (
        select(
            judged["category"].astext,
            confidence,
            AgentDecision.at,
            _verdict(),
            AgentDecision.draft,
            sent_by_staff(),
            _came_back(),
            _disputed(),
        )
        .where(
            judged["category"].astext.is_not(None),
            confidence.is_not(None),
            or_(AgentDecision.draft != "", _verdict().is_not(None)),
        )
        .order_by(AgentDecision.id.desc())
        .limit(_MOST_LABELS)
    )
    found = []
    for name, sure, at, verdict, draft, sent, came_back, disputed in session.execute(query):
        right = _was_right(verdict, draft, sent)
        if right is None and came_back and not is_only_thanks(came_back):
            right = False
        if right is not None:
            found.append(Label(name, Checked(sure, right), at, disputed))
    return found


def _was_right(verdict: str | None, draft: str, sent: str | None) -> bool | None:
    if verdict is not None:
        return verdict == "right"
    if sent is None or not draft:
        return None
    changed = changed_share(draft, sent)
    return changed <= _KEPT if changed <= _KEPT or changed >= _REWRITTEN else None


def _verdict() -> ScalarSelect[str]:
    """The newest of anybody; each person has one, which a newer one of theirs replaces."""
    return (
        select(AnswerVerdict.verdict)
        .where(AnswerVerdict.decision_id == AgentDecision.id)
        .order_by(AnswerVerdict.at.desc())
        .limit(1)
        .correlate(AgentDecision)
        .scalar_subquery()
    )


def _disputed() -> ScalarSelect[bool]:
    kinds = func.count(AnswerVerdict.verdict.distinct())
    return (
        select(kinds > 1)
        .where(AnswerVerdict.decision_id == AgentDecision.id)
        .correlate(AgentDecision)
        .scalar_subquery()
    )


def _came_back() -> ScalarSelect[str]:
    """What the customer wrote first after a ticket was done that the agent had answered alone, within a week."""
    later = aliased(AgentDecision)
    done_at = (
        select(func.min(TicketEvent.at))
        .where(
            TicketEvent.ticket_id == AgentDecision.ticket_id,
            TicketEvent.kind == "status",
            TicketEvent.data["status"].astext.in_(_DONE),
            TicketEvent.at > AgentDecision.at,
        )
        .correlate(AgentDecision)
        .scalar_subquery()
    )
    answered_again = (
        select(later.id)
        .where(later.ticket_id == AgentDecision.ticket_id, later.id > AgentDecision.id, later.at < done_at)
        .correlate(AgentDecision)
        .exists()
    )
    return (
        select(Message.text)
        .where(
            AgentDecision.outcome == "reply",
            Message.ticket_id == AgentDecision.ticket_id,
            Message.author == Author.CUSTOMER,
            Message.automatic == "",
            Message.created_at > done_at,
            Message.created_at <= done_at + _SOON,
            ~answered_again,
        )
        .order_by(Message.seq)
        .limit(1)
        .correlate(AgentDecision)
        .scalar_subquery()
    )
