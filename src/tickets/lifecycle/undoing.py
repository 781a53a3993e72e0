"""A reply of staff is taken back while it still waits to be sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from runtime.errors import Conflict
from tickets import outgoing_webhooks, timeline, wakeups
from tickets.contracts import Owner, Reason, Status
from tickets.holding import held
from tickets.lifecycle.staff_work import lock, take
from tickets.lifecycle.states import is_owed
from tickets.lifecycle.takeover import hand_to_staff
from tickets.models import Message, Ticket, TicketEvent


def undo_reply(session: Session, ticket_id: int, message_id: int, *, staff: str) -> str:
    """The text that was to be sent; the ticket is what it was before. Raises Conflict when it is too late.

    When the customer asked more since, or an earlier reply was taken back, the ticket is owed already and stays so.
    """
    ticket = lock(session, ticket_id)
    before = _before(session, ticket_id, message_id, staff)
    withdrawn = session.execute(
        delete(Message)
        .where(
            Message.id == message_id,
            Message.ticket_id == ticket_id,
            held(),
        )
        .returning(Message.text)
    ).first()
    if withdrawn is None or before is None:
        raise Conflict("It is too late: the reply is on its way.")
    if ticket.status == Status.MERGED:  # The conversation goes on elsewhere, and its customer waits there.
        hand_to_staff(session, ticket_id, Reason.MERGED_IN)
    elif not is_owed(ticket):
        _restore(ticket, before, staff)
    session.flush()
    outgoing_webhooks.withdraw_reply(session, message_id)
    wakeups.request_status(session, ticket)
    timeline.record(session, ticket_id, "withdrawn", actor=staff)
    return str(withdrawn.text)


def _before(session: Session, ticket_id: int, message_id: int, staff: str) -> dict[str, Any] | None:
    """Only who sent it takes it back."""
    sent = (
        select(TicketEvent.data)
        .where(
            TicketEvent.ticket_id == ticket_id,
            TicketEvent.kind == "replied",
            TicketEvent.actor == staff,
            TicketEvent.data["message_id"].as_integer() == message_id,
        )
        .limit(1)
    )
    data = session.scalar(sent)
    return data.get("before") if data else None


def _restore(ticket: Ticket, before: dict[str, Any], staff: str) -> None:
    """What was the agent's stays with staff: its own answer may have been withdrawn for theirs."""
    # It may have been handed back to the agent since, which was told that all is answered.
    take(ticket, staff)
    ticket.resolved_at = None
    if before["owner"] == Owner.AGENT:
        ticket.status = Status.ESCALATED
        ticket.reason = Reason.TAKEN_BY_STAFF
        return
    ticket.status = before["status"]
    ticket.assignee = before["assignee"]
    ticket.reason = before["reason"]
    ticket.staff_due_at = _moment(before["staff_due_at"]) or ticket.staff_due_at
    ticket.snoozed_until = _moment(before["snoozed_until"])


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
