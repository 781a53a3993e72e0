"""The agent's half: claim a pending ticket, then reply or escalate.

`reply` and `escalate` are conditional on the claim and on the newest message: a worker that woke up late, or a
message that came meanwhile, makes the draft void and the ticket stays pending.
"""

import secrets
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, func, literal, update
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session

from runtime.errors import InvalidInput
from runtime.settings import settings
from tickets import assignment, corrections, decisions, outbox, sla, statements, timeline, wakeups
from tickets.contracts import Author, Case, Decision, Owner, Status
from tickets.lifecycle.telling import tell_once
from tickets.models import Ticket


def claim(session: Session) -> tuple[int, str] | None:
    """Take the most urgent pending ticket for `agent.lease_s` seconds: its id and the claim's token."""
    token = secrets.token_hex(16)
    agent = settings().agent
    values = {"token": token, "lease_s": agent.lease_s, "max_attempts": agent.max_attempts}
    ticket_id = session.execute(statements.CLAIM, values).scalar()
    return None if ticket_id is None else (ticket_id, token)


def release(session: Session, ticket_id: int, claim_token: str) -> None:
    """Give a claim back, so that the ticket can be answered at once by whoever comes next."""
    session.execute(
        update(Ticket)
        .where(Ticket.id == ticket_id, Ticket.claim_token == claim_token)
        .values(claim_token=None, claimed_until=None)
    )
    wakeups.request_answer(session)


def _settle(
    session: Session, case: Case, decision: Decision, *, owner: Owner, status: Status
) -> datetime | None:
    """End a claim with an outcome. None when the claim is void: the ticket stays pending."""
    judgement = decision.judgement
    judged = {
        "category": sql_case((corrections.is_corrected("category"), Ticket.category), else_=judgement.category),
        "language": judgement.language,
        "sentiment": judgement.sentiment,
        "confidence": judgement.confidence,
        "summary": judgement.summary,
        "priority": sql_case((Ticket.priority_stated, Ticket.priority), else_=judgement.priority.value),
        "priority_rank": sql_case((Ticket.priority_stated, Ticket.priority_rank), else_=judgement.priority.rank),
    } if judgement else {}  # fmt: skip
    settled = session.execute(
        update(Ticket)
        .where(
            Ticket.id == case.ticket_id,
            Ticket.claim_token == case.claim_token,
            Ticket.last_inbound_seq == case.up_to_seq,
            Ticket.owner == Owner.AGENT,
        )
        .values(
            handled_seq=case.up_to_seq,
            claim_token=None,
            claimed_until=None,
            attempts=0,
            owner=owner,
            status=status,
            reason=decision.reason,
            staff_due_at=_due(decision) if owner is Owner.STAFF else None,
            updated_at=func.now(),
            **judged,
        )
        .returning(Ticket.id)
    ).first()
    return None if settled is None else datetime.now(UTC)


def _due(decision: Decision) -> ColumnElement[datetime]:
    """By the priority that the ticket gets: the one that was stated, else the judged one."""
    if decision.judgement is None:
        return sla.deadline_by_row()
    judged = literal(sla.deadline(decision.judgement.priority))
    return sql_case((Ticket.priority_stated, sla.deadline_by_row()), else_=judged)


def reply(session: Session, case: Case, decision: Decision) -> bool:
    """Answer the customer with the decision's draft. False: the draft is void, the ticket stays pending."""
    now = _settle(session, case, decision, owner=Owner.AGENT, status=Status.WAITING_CUSTOMER)
    if now is None:
        release(session, case.ticket_id, case.claim_token)
        return False
    decisions.record(session, case, decision, "reply", now)
    outbox.queue_reply(
        session, case.ticket_id, decision.draft, author=Author.AGENT, citations=decision.citations
    )
    timeline.record(session, case.ticket_id, "replied", actor=Author.AGENT, answers_seq=case.up_to_seq)
    return True


def escalate(session: Session, case: Case, decision: Decision) -> bool:
    """Hand the ticket to staff with one reason and the draft, if any. False: void, stays pending."""
    if decision.reason is None:
        raise InvalidInput("An escalation needs a reason.", field="reason")
    now = _settle(session, case, decision, owner=Owner.STAFF, status=Status.ESCALATED)
    if now is None:
        release(session, case.ticket_id, case.claim_token)
        return False
    decisions.record(session, case, decision, "escalation", now)
    timeline.record(session, case.ticket_id, "escalated", actor=Author.AGENT, reason=decision.reason)
    assignment.place(session, case.ticket_id)
    if decision.notice:
        tell_once(session, case.ticket_id, decision.notice)
    return True
