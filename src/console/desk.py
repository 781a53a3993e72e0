"""What a ticket's page shows of colleagues and other conversations: who looks, who writes, what was merged in."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.sessions import Viewer
from tickets import reply_drafts, resolution_notes, summaries
from tickets.contracts import Author
from tickets.holding import is_held
from tickets.models import AgentDecision, Message, Ticket, TicketEvent
from tickets.queries import Details


@dataclass(frozen=True)
class MergedIn:
    """A conversation that goes on here; its messages stay where they were said."""

    ticket: Ticket
    messages: list[Message]


def beside(session: Session, details: Details, viewer: Viewer) -> dict[str, Any]:
    """What the templates of the ticket and of its live part need."""
    me, ticket = viewer.principal.public_id, details.ticket
    writing = reply_drafts.writers(session, ticket.id) - {me}
    looking = reply_drafts.viewers(session, ticket.id) - {me} - writing
    summed = summaries.of_ticket(session, ticket.id)
    return {
        "writing": sorted(writing),
        "looking": sorted(looking),
        "merged": merged_in(session, ticket),
        "goes_on": session.get(Ticket, ticket.merged_into) if ticket.merged_into else None,
        "undoable": undoable(details.messages, details.events, me),
        "costs": costs(details),
        "summed": summed,
        "solved_by": resolution_notes.note_of(session, ticket.id),
        "sum_awaited": summed is not None and summaries.is_awaited(summed),
    }


def merged_in(session: Session, ticket: Ticket) -> list[MergedIn]:
    found = list(session.scalars(select(Ticket).where(Ticket.merged_into == ticket.id).order_by(Ticket.id)))
    if not found:
        return []
    said = select(Message).where(Message.ticket_id.in_([one.id for one in found])).order_by(Message.id)
    messages = list(session.scalars(said))
    return [MergedIn(one, [message for message in messages if message.ticket_id == one.id]) for one in found]


def undoable(messages: list[Message], events: list[TicketEvent], me: str) -> Message | None:
    """The viewer's newest reply, while it still waits to be sent."""
    sent = {event.data.get("message_id") for event in events if event.kind == "replied" and event.actor == me}
    waiting = [one for one in messages if one.id in sent and is_held(one)]
    return waiting[-1] if waiting else None


def costs(details: Details) -> dict[int, AgentDecision]:
    """By an event's id: the agent's decision that it tells of, which was recorded in the same transaction."""
    made = {decision.at: decision for decision in details.decisions}
    told = {
        event.at: event.id
        for event in reversed(details.events)
        if event.actor == Author.AGENT and event.kind in ("replied", "escalated")
    }
    return {event_id: made[at] for at, event_id in told.items() if at in made}
