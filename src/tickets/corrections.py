"""What staff said of the agent's judgements and answers: their verdicts, what can be learnt, what claims were worth.

`lifecycle.correct` makes corrections; `agent_core.retraining` learns from what is read here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Float, Subquery, cast, func, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on, insert
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


def give_verdict(
    session: Session,
    ticket_id: int,
    verdict: Verdict,
    *,
    staff: str,
    why: str = "",
    decision_id: int | None = None,
) -> None:
    """Of the agent's newest answer, or of the one that is named.

    Raises Conflict when the agent has not answered, TooLarge for a long `why`.
    """
    if len(why) > MOST_WHY:
        raise TooLarge(f"The reason is longer than {MOST_WHY} characters.", field="why")
    query = select(func.max(AgentDecision.id)).where(AgentDecision.ticket_id == ticket_id)
    decision_id = decision_id or session.scalar(query)
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
    newest = _spoken_of_last(session, limit)
    found: dict[int, Lesson] = {}
    for one in (*_confirmed(session, newest), *_corrected(session, newest)):
        text = f"{one.subject}\n{one.text}".strip()
        lesson = found.setdefault(one.message_id, Lesson(text, one.language, one.at))
        lesson.labels |= one.labels
        lesson.at = max(lesson.at, one.at)
    return sorted(found.values(), key=lambda one: one.at)


@dataclass(frozen=True)
class _Read:
    message_id: int
    text: str = field(repr=False)
    subject: str = field(repr=False)
    language: str
    labels: dict[str, str]
    at: datetime


_ABOUT = (Message.id, Message.text, Ticket.subject, Ticket.language)


def _spoken_of_last(session: Session, limit: int) -> list[int]:
    """The messages that staff said something of, the newest first; their texts are not read for that."""
    last = _last_verdicts()
    confirmed = (
        select(Message.id.label("message_id"), last.c.at)
        .join(AgentDecision, _is_answered_by())
        .join(last, last.c.decision_id == AgentDecision.id)
        .where(last.c.verdict == Verdict.RIGHT, Message.author == Author.CUSTOMER)
    )
    corrected = select(JudgementCorrection.message_id, JudgementCorrection.at).where(
        JudgementCorrection.message_id.is_not(None)
    )
    said = union_all(confirmed, corrected).subquery()
    newest = select(said.c.message_id).group_by(said.c.message_id).order_by(func.max(said.c.at).desc())
    return list(session.scalars(newest.limit(limit)))


def _last_verdicts() -> Subquery:
    """Of each decision what was said of it last, by whomever."""
    return (
        select(AnswerVerdict.decision_id, AnswerVerdict.verdict, AnswerVerdict.at)
        .ext(distinct_on(AnswerVerdict.decision_id))
        .order_by(AnswerVerdict.decision_id, AnswerVerdict.at.desc())
        .subquery()
    )


def _is_answered_by() -> ColumnElement[bool]:
    return (Message.ticket_id == AgentDecision.ticket_id) & (Message.seq == AgentDecision.answers_seq)


def _corrected(session: Session, messages: Sequence[int]) -> Iterator[_Read]:
    """In the order of what was said: the last counts."""
    query = (
        select(*_ABOUT, JudgementCorrection.field, JudgementCorrection.to_value, JudgementCorrection.at)
        .join(Message, Message.id == JudgementCorrection.message_id)
        .join(Ticket, Ticket.id == JudgementCorrection.ticket_id)
        .where(Message.id.in_(messages))
        .order_by(JudgementCorrection.id)
    )
    for message_id, text, subject, language, name, value, at in session.execute(query):
        yield _Read(message_id, text, subject, language, {name: value}, at)


def _confirmed(session: Session, messages: Sequence[int]) -> Iterator[_Read]:
    last = _last_verdicts()
    query = (
        select(*_ABOUT, AgentDecision.judgement, last.c.at)
        .select_from(AgentDecision)
        .join(last, last.c.decision_id == AgentDecision.id)
        .join(Ticket, Ticket.id == AgentDecision.ticket_id)
        .join(Message, _is_answered_by())
        .where(last.c.verdict == Verdict.RIGHT, Message.id.in_(messages))
        .order_by(last.c.at)
    )
    for message_id, text, subject, language, judgement, at in session.execute(query):
        labels = {name: judgement[name] for name in ("category", "priority", "mood") if judgement.get(name)}
        yield _Read(message_id, text, subject, language, labels, at)


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
