"""What a customer has asked before: the tickets, and how each of them went."""

from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from tickets.cursors import cursor_after, position
from tickets.models import AgentDecision, Ticket


@dataclass(frozen=True)
class PastTicket:
    """`outcome` is what the agent decided last: reply or escalation; None when it has not decided."""

    ticket: Ticket
    outcome: str | None


@dataclass(frozen=True)
class HistoryPage:
    tickets: list[PastTicket]
    next_cursor: str | None


def read_history(session: Session, customer_id: int, *, limit: int = 50, cursor: str = "") -> HistoryPage:
    """Newest first. `cursor` comes from the page before; raises InvalidInput when it does not."""
    query = select(Ticket).where(Ticket.customer_id == customer_id)
    if cursor:
        query = query.where(tuple_(Ticket.created_at, Ticket.id) < tuple_(*position(cursor)))
    query = query.order_by(Ticket.created_at.desc(), Ticket.id.desc()).limit(limit + 1)
    found = list(session.scalars(query))
    shown = found[:limit]
    outcomes = _outcomes(session, [ticket.id for ticket in shown])
    more = len(found) > limit
    return HistoryPage(
        [PastTicket(ticket, outcomes.get(ticket.id)) for ticket in shown],
        cursor_after(shown[-1].created_at, shown[-1].id) if more else None,
    )


def _outcomes(session: Session, ticket_ids: list[int]) -> dict[int, str]:
    newest = (
        select(func.max(AgentDecision.id))
        .where(AgentDecision.ticket_id.in_(ticket_ids))
        .group_by(AgentDecision.ticket_id)
    )
    rows = session.execute(
        select(AgentDecision.ticket_id, AgentDecision.outcome).where(AgentDecision.id.in_(newest))
    )
    return {ticket_id: outcome for ticket_id, outcome in rows}


def count_tickets(session: Session, customer_id: int) -> int:
    return (
        session.scalar(select(func.count()).select_from(Ticket).where(Ticket.customer_id == customer_id)) or 0
    )
