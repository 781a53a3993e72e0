"""Staff give a ticket back to the agent."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from runtime.errors import Conflict
from tickets import outbox, timeline, wakeups
from tickets.contracts import Author, Channel, Delivery, Kind, Owner, Status
from tickets.lifecycle.arrivals import answer_deadline_s
from tickets.lifecycle.staff_work import lock, refuse_unseen
from tickets.lifecycle.states import DONE, moment_in
from tickets.models import Message, Ticket


def hand_back(session: Session, ticket_id: int, *, actor: str, seen_seq: int | None = None) -> None:
    """The agent owns it again: it answers what nobody has answered, by a deadline of its own. Raises Conflict."""
    ticket = lock(session, ticket_id)
    if seen_seq is not None:
        refuse_unseen(session, ticket, seen_seq)
    if ticket.owner == Owner.AGENT:
        raise Conflict("The AI has this ticket already.")
    if Status(ticket.status) in DONE:
        raise Conflict(f"A ticket that is {ticket.status} cannot be handed back.", field="status")
    answered = _answered_until(session, ticket)
    owes = ticket.last_inbound_seq > answered
    ticket.owner = Owner.AGENT
    ticket.assignee = None
    ticket.reason = None
    ticket.snoozed_until = None
    ticket.staff_due_at = None
    ticket.attempts = 0
    ticket.handled_seq = answered if owes else ticket.last_inbound_seq
    ticket.status = Status.OPEN if owes else Status.WAITING_CUSTOMER
    ticket.answer_due_at = moment_in(answer_deadline_s(Channel(ticket.channel)))
    session.flush()
    timeline.record(session, ticket_id, "handed_back", actor=actor)
    if owes:
        wakeups.request_answer(session)


def _answered_until(session: Session, ticket: Ticket) -> int:
    """The newest message of the customer that a person or the agent has answered."""
    answered = select(func.max(Message.answers_seq)).where(
        Message.ticket_id == ticket.id,
        Message.kind == Kind.OUTBOUND,
        Message.author != Author.SYSTEM,
        Message.delivery_error != outbox.OVERTAKEN,
        Message.delivery.is_distinct_from(Delivery.FAILED),  # What certainly did not arrive answers nothing.
    )
    return session.scalar(answered) or 0
