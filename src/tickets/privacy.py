"""What is kept of a customer beside messages: actions, and what staff said of the agent's judgements and answers."""

import json
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from runtime.errors import Conflict
from tickets import resolution_notes
from tickets.action_kinds import ActionState
from tickets.action_models import Action
from tickets.correction_models import AnswerVerdict, JudgementCorrection
from tickets.decision_models import DecisionInputs
from tickets.models import AgentDecision, Ticket

_BEING_DONE = (ActionState.APPROVED, ActionState.EXECUTING)


def export_customer(session: Session, customer_id: int) -> dict[str, list[dict[str, Any]]]:
    """Actions, corrections, verdicts with why, and what decisions were made from, each the oldest first."""
    return {
        "actions": _actions(session, customer_id),
        "judgement_corrections": _corrections(session, customer_id),
        "answer_verdicts": _verdicts(session, customer_id),
        "decision_inputs": _inputs(session, customer_id),
        "resolution_notes": [
            {"ticket": ticket, "text": note.text, "at": note.at.isoformat()}
            for note, ticket in resolution_notes.of_customer(session, customer_id)
        ],
    }


def erase_customer(session: Session, customer_id: int) -> int:
    """Delete actions, corrections and notes of what solved it, and empty why answers were called right or wrong.

    Returns how many rows.

    A verdict itself says nothing of anybody and stays, so that what claims were worth does not change. Raises
    Conflict while an action is being done: nobody could tell afterwards what became of it.
    """
    theirs = select(Action).where(Action.customer_id == customer_id).with_for_update()
    if any(action.state in _BEING_DONE for action in session.scalars(theirs)):
        raise Conflict("An action of this customer is being done: erase when it has ended.", field="customer")
    tickets = select(Ticket.id).where(Ticket.customer_id == customer_id)
    decisions = select(AgentDecision.id).where(AgentDecision.ticket_id.in_(tickets))
    gone = session.scalars(delete(Action).where(Action.customer_id == customer_id).returning(Action.id)).all()
    corrections = session.scalars(
        delete(JudgementCorrection)
        .where(JudgementCorrection.ticket_id.in_(tickets))
        .returning(JudgementCorrection.id)
    ).all()
    emptied = session.scalars(
        update(AnswerVerdict)
        .where(AnswerVerdict.decision_id.in_(decisions), AnswerVerdict.why != "")
        .values(why="")
        .returning(AnswerVerdict.decision_id)
    ).all()
    noted = resolution_notes.erase_customer(session, customer_id)
    return len(gone) + len(corrections) + len(emptied) + noted


def _actions(session: Session, customer_id: int) -> list[dict[str, Any]]:
    query = select(Action, Ticket.public_id).join(Ticket, Ticket.id == Action.ticket_id)
    return [
        {
            "action": action.public_id,
            "ticket": ticket,
            "kind": action.kind,
            "arguments": action.arguments,
            "mail": action.customer_mail,
            "checks": action.checks,
            "state": action.state,
            "answer": action.answer,
            "outcome": action.outcome,
            "reference": action.reference,
            "proposed_at": action.proposed_at.isoformat(),
            "ended_at": action.ended_at.isoformat() if action.ended_at else None,
        }
        for action, ticket in session.execute(
            query.where(Action.customer_id == customer_id).order_by(Action.id)
        )
    ]


def _corrections(session: Session, customer_id: int) -> list[dict[str, Any]]:
    query = select(JudgementCorrection, Ticket.public_id).join(
        Ticket, Ticket.id == JudgementCorrection.ticket_id
    )
    return [
        {
            "ticket": ticket,
            "field": one.field,
            "from": one.from_value,
            "to": one.to_value,
            "at": one.at.isoformat(),
        }
        for one, ticket in session.execute(
            query.where(Ticket.customer_id == customer_id).order_by(JudgementCorrection.id)
        )
    ]


def _verdicts(session: Session, customer_id: int) -> list[dict[str, Any]]:
    query = (
        select(AnswerVerdict, Ticket.public_id)
        .join(AgentDecision, AgentDecision.id == AnswerVerdict.decision_id)
        .join(Ticket, Ticket.id == AgentDecision.ticket_id)
    )
    return [
        {"ticket": ticket, "verdict": one.verdict, "why": one.why, "at": one.at.isoformat()}
        for one, ticket in session.execute(
            query.where(Ticket.customer_id == customer_id).order_by(
                AnswerVerdict.decision_id, AnswerVerdict.staff
            )
        )
    ]


def _inputs(session: Session, customer_id: int) -> list[dict[str, Any]]:
    """An erasure deletes them with the words of their decisions, in `conversations.empty`."""
    query = (
        select(DecisionInputs.inputs, AgentDecision.at, Ticket.public_id)
        .join(AgentDecision, AgentDecision.id == DecisionInputs.decision_id)
        .join(Ticket, Ticket.id == AgentDecision.ticket_id)
        .where(Ticket.customer_id == customer_id)
        .order_by(AgentDecision.id)
    )
    return [
        {"ticket": ticket, "at": at.isoformat(), "inputs": json.loads(inputs)}
        for inputs, at, ticket in session.execute(query)
    ]
