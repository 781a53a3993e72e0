"""What staff said of the agent's judgements and answers: their verdicts, what can be learnt, what claims were worth.

`lifecycle.correct` makes corrections; `agent_core.retraining` learns from what is read here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Float, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime.errors import Conflict, TooLarge
from tickets import timeline
from tickets.contracts import Author, ClaimOutcome, Status
from tickets.correction_models import AnswerVerdict, JudgementCorrection
from tickets.models import AgentDecision, Message, Ticket

MOST_WHY = 1_000
_DONE = (Status.RESOLVED, Status.CLOSED)
_REMEMBERED = timedelta(days=180)  # What a model claimed half a year ago says little of what it claims now.


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"


def is_corrected(field_name: str) -> ColumnElement[bool]:
    """Whether staff corrected this field of the ticket that the statement is about."""
    return (
        select(JudgementCorrection.id)
        .where(JudgementCorrection.ticket_id == Ticket.id, JudgementCorrection.field == field_name)
        .correlate(Ticket)
        .exists()
    )


def give_verdict(session: Session, ticket_id: int, verdict: Verdict, *, staff: str, why: str = "") -> None:
    """Of the agent's newest answer. Raises Conflict when the agent has not answered, TooLarge for a long `why`."""
    if len(why) > MOST_WHY:
        raise TooLarge(f"The reason is longer than {MOST_WHY} characters.", field="why")
    query = select(func.max(AgentDecision.id)).where(AgentDecision.ticket_id == ticket_id)
    decision_id = session.scalar(query)
    if decision_id is None:
        raise Conflict("The AI has not answered this ticket yet.")
    told = {"verdict": verdict, "why": why.strip(), "at": func.now()}
    made = insert(AnswerVerdict).values(decision_id=decision_id, staff=staff, **told)
    keys = [AnswerVerdict.decision_id, AnswerVerdict.staff]
    session.execute(made.on_conflict_do_update(index_elements=keys, set_=told))
    timeline.record(session, ticket_id, "judged", actor=staff, verdict=verdict)


def verdict_of(session: Session, decision_id: int | None) -> AnswerVerdict | None:
    """The newest verdict of a decision."""
    query = select(AnswerVerdict).where(AnswerVerdict.decision_id == decision_id)
    return session.scalars(query.order_by(AnswerVerdict.at.desc()).limit(1)).first()


@dataclass
class Lesson:
    """What a message is about in the eyes of staff; a label that is not there was not spoken of."""

    text: str
    language: str
    at: datetime
    labels: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Lesson({self.labels})"


def lessons(session: Session, *, limit: int) -> list[Lesson]:
    """The newest ones, oldest first. A judgement whose answer was called right is a lesson like a correction."""
    found: dict[int, Lesson] = {}
    for message, ticket, labels, at in (*_confirmed(session), *_corrected(session)):
        lesson = found.setdefault(
            message.id, Lesson(f"{ticket.subject}\n{message.text}".strip(), ticket.language, at)
        )
        lesson.labels |= labels
        lesson.at = max(lesson.at, at)
    return sorted(found.values(), key=lambda one: one.at)[-limit:]


_Read = tuple[Message, Ticket, dict[str, str], datetime]


def _corrected(session: Session) -> Iterator[_Read]:
    """In the order of what was said: the last counts."""
    query = (
        select(JudgementCorrection, Message, Ticket)
        .join(Message, Message.id == JudgementCorrection.message_id)
        .join(Ticket, Ticket.id == JudgementCorrection.ticket_id)
        .order_by(JudgementCorrection.id)
    )
    for said, message, ticket in session.execute(query):
        yield message, ticket, {said.field: said.to_value}, said.at


def _confirmed(session: Session) -> Iterator[_Read]:
    query = (
        select(AgentDecision.judgement, AnswerVerdict.at, Message, Ticket)
        .join(AnswerVerdict, AnswerVerdict.decision_id == AgentDecision.id)
        .join(Ticket, Ticket.id == AgentDecision.ticket_id)
        .join(
            Message,
            (Message.ticket_id == AgentDecision.ticket_id) & (Message.seq == AgentDecision.answers_seq),
        )
        .where(AnswerVerdict.verdict == Verdict.RIGHT, Message.author == Author.CUSTOMER)
        .order_by(AnswerVerdict.at)
    )
    for judgement, at, message, ticket in session.execute(query):
        labels = {name: judgement[name] for name in ("category", "priority", "mood") if judgement.get(name)}
        yield message, ticket, labels, at


def claim_outcomes(session: Session, *, limit: int) -> list[ClaimOutcome]:
    """The newest of half a year. Right is what staff corrected to the same, called right, or left when it was done.

    An answer that was called wrong may have been judged right: without a correction it says nothing here.
    """
    judged = AgentDecision.judgement
    said = cast(func.coalesce(judged["raw_confidence"].astext, judged["confidence"].astext), Float)
    query = (
        select(judged["model"].astext, said, judged["category"].astext, _said_last(), _verdict(), _is_done())
        .join(Ticket, Ticket.id == AgentDecision.ticket_id)
        .where(judged["category"].astext.is_not(None), AgentDecision.at > func.now() - _REMEMBERED)
        .order_by(AgentDecision.id.desc())
        .limit(limit)
    )
    found = []
    for model, confidence, category, corrected, verdict, done in session.execute(query):
        right = _was_right(category, corrected, verdict, done=done)
        if right is not None:
            found.append(ClaimOutcome(model or "", confidence, right))
    return found


def _was_right(category: str, corrected: str | None, verdict: str | None, *, done: bool) -> bool | None:
    if corrected is not None:
        return corrected == category
    if verdict is not None:
        return True if verdict == Verdict.RIGHT else None
    return True if done else None


def _said_last() -> ColumnElement[str | None]:
    return (
        select(JudgementCorrection.to_value)
        .where(JudgementCorrection.decision_id == AgentDecision.id, JudgementCorrection.field == "category")
        .order_by(JudgementCorrection.id.desc())
        .limit(1)
        .correlate(AgentDecision)
        .scalar_subquery()
    )


def _verdict() -> ColumnElement[str | None]:
    return (
        select(AnswerVerdict.verdict)
        .where(AnswerVerdict.decision_id == AgentDecision.id)
        .order_by(AnswerVerdict.at.desc())
        .limit(1)
        .correlate(AgentDecision)
        .scalar_subquery()
    )


def _is_done() -> ColumnElement[bool]:
    """Whether the ticket is done and this is the last that the agent said of it."""
    later = AgentDecision.__table__.alias("later")
    newer = select(later.c.id).where(
        later.c.ticket_id == AgentDecision.ticket_id, later.c.id > AgentDecision.id
    )
    return Ticket.status.in_(_DONE) & ~newer.correlate(AgentDecision).exists()
