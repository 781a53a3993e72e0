"""Staff take a ticket over, because somebody says so or because the agent did not manage."""

from sqlalchemy import ColumnElement, func, update
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session

from runtime.settings import settings
from tickets import assignment, sla, timeline
from tickets.contracts import Author, Owner, Reason, Status
from tickets.lifecycle.following import follow_merges
from tickets.lifecycle.states import DONE, RESTING
from tickets.models import Ticket


def hand_to_staff(session: Session, ticket_id: int, reason: Reason) -> None:
    """Staff own the ticket from now on, whatever a worker may be doing with it; a resolved one opens again."""
    _hand_over(session, [Ticket.id == follow_merges(session, ticket_id)], reason)


def give_up(session: Session) -> int:
    """Hand over the pending tickets that were tried too often and that nobody holds now; returns how many."""
    exhausted = [
        Ticket.owner == Owner.AGENT,
        Ticket.last_inbound_seq > Ticket.handled_seq,
        Ticket.attempts >= settings().agent.max_attempts,
        Ticket.claimed_until.is_(None) | (Ticket.claimed_until < func.now()),
    ]
    return _hand_over(session, exhausted, Reason.AGENT_FAILED)


def _hand_over(session: Session, conditions: list[ColumnElement[bool]], reason: Reason) -> int:
    # Whatever else happens, staff who owe an answer already owe it by the same time and for the same reason.
    owed = (Ticket.owner == Owner.STAFF) & Ticket.status.not_in((*DONE, *RESTING))
    handed = session.scalars(
        update(Ticket)
        .where(*conditions)
        .values(
            owner=Owner.STAFF,
            status=Status.ESCALATED,
            resolved_at=None,
            snoozed_until=None,
            reason=sql_case((owed, Ticket.reason), else_=reason.value),
            handled_seq=Ticket.last_inbound_seq,
            claim_token=None,
            claimed_until=None,
            staff_due_at=sql_case((owed, Ticket.staff_due_at), else_=sla.deadline_by_row()),
            updated_at=func.now(),
        )
        .returning(Ticket.id)
    ).all()
    for ticket_id in handed:
        timeline.record(session, ticket_id, "escalated", actor=Author.SYSTEM, reason=reason)
        assignment.place(session, ticket_id)
    return len(handed)
