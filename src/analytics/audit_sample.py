"""A small random share of the replies that went out alone is put before staff: was it right? Their answer is a label.

Which ones is decided by a keyed hash of the ticket and the message: no customer and no member of staff can steer it.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from analytics.models import AuditSample
from runtime.data_folder import secret_key
from runtime.errors import NotFound
from runtime.settings import settings
from tickets import corrections
from tickets.contracts import Author, Case
from tickets.correction_models import AnswerVerdict
from tickets.corrections import Verdict
from tickets.models import AgentDecision, Message, Ticket

MOST_SHOWN = 50


@dataclass(frozen=True)
class Check:
    """A reply that waits for a check, with what it answers."""

    decision_id: int
    ticket: str
    category: str
    confidence: float | None
    question: str
    answer: str
    at: datetime


def is_picked(ticket: str, seq: int, share: float) -> bool:
    """Whether the answer to this message of this ticket is in the sample."""
    digest = hmac.new(secret_key(), f"audit sample {ticket} {seq}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


def consider(session: Session, case: Case) -> None:
    """Called with each reply that goes out alone, in its transaction."""
    if not is_picked(case.public_id, case.up_to_seq, settings().analytics.audit_share):
        return
    newest = select(func.max(AgentDecision.id)).where(AgentDecision.ticket_id == case.ticket_id)
    number = session.scalar(newest.where(AgentDecision.answers_seq == case.up_to_seq))
    session.execute(insert(AuditSample).values(decision_id=number).on_conflict_do_nothing())


def open_checks(session: Session, *, limit: int = MOST_SHOWN) -> list[Check]:
    """The oldest first. One whose words were erased meanwhile cannot be checked and is left out."""
    query = (
        select(
            AgentDecision.id,
            Ticket.public_id,
            AgentDecision.judgement["category"].astext,
            AgentDecision.confidence,
            _question(),
            AgentDecision.draft,
            AuditSample.at,
        )
        .join(AgentDecision, AgentDecision.id == AuditSample.decision_id)
        .join(Ticket, Ticket.id == AgentDecision.ticket_id)
        .where(_is_open())
        .order_by(AuditSample.at, AuditSample.decision_id)
        .limit(limit)
    )
    return [
        Check(number, ticket, category or "", sure, question or "", answer, at)
        for number, ticket, category, sure, question, answer, at in session.execute(query)
    ]


def count_open(session: Session) -> int:
    query = select(func.count()).select_from(AuditSample)
    joined = query.join(AgentDecision, AgentDecision.id == AuditSample.decision_id)
    return session.scalar(joined.where(_is_open())) or 0


def answer(session: Session, decision_id: int, verdict: Verdict, *, staff: str, why: str = "") -> None:
    """The verdict of one of the staff; a second one of the same person replaces it. Raises NotFound."""
    ticket_id = session.scalar(
        select(AgentDecision.ticket_id)
        .join(AuditSample, AuditSample.decision_id == AgentDecision.id)
        .where(AgentDecision.id == decision_id)
    )
    if ticket_id is None:
        raise NotFound("This reply is not in the sample.")
    corrections.give_verdict(session, ticket_id, verdict, staff=staff, why=why, decision_id=decision_id)


def _is_open() -> ColumnElement[bool]:
    said = select(AnswerVerdict.decision_id).where(AnswerVerdict.decision_id == AuditSample.decision_id)
    return (AgentDecision.draft != "") & ~said.correlate(AuditSample).exists()


def _question() -> ColumnElement[str | None]:
    return (
        select(Message.text)
        .where(
            Message.ticket_id == AgentDecision.ticket_id,
            Message.author == Author.CUSTOMER,
            Message.seq <= AgentDecision.answers_seq,
        )
        .order_by(Message.seq.desc())
        .limit(1)
        .correlate(AgentDecision)
        .scalar_subquery()
    )
