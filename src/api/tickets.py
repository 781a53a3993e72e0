"""REST for programs: read tickets, change their status, assign them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from accounts import users
from accounts.access import allowed
from accounts.permissions import Permission, Principal
from api.preconditions import IfMatch, find_ticket
from api.ticket_views import TicketSummary, TicketView, read_view, summary_of
from runtime.database import transaction
from runtime.errors import InvalidInput
from tickets import lifecycle, queries
from tickets.contracts import Priority, Status

router = APIRouter(prefix="/api/v1/tickets", tags=["tickets"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]
Worker = Annotated[Principal, Depends(allowed(Permission.WORK_TICKETS))]


class TicketPage(BaseModel):
    tickets: list[TicketSummary]
    next_cursor: str | None


class NewStatus(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Status
    seen_seq: Annotated[
        int | None,
        Field(
            ge=0, description="The newest message that was read; 409 when a person wrote since.", examples=[3]
        ),
    ] = None


class NewAssignee(BaseModel):
    model_config = ConfigDict(extra="forbid")

    assignee: Annotated[str | None, Field(pattern=r"^AGENT-[0-9A-Z]{8}$", examples=["AGENT-7Q4K2M9X"])]


@router.get("/{ticket_id}", summary="Read a ticket")
def read_ticket(ticket_id: str, _reader: Reader) -> TicketView:
    """Status, messages, the reply with its citations, and why it went to staff if it did."""
    with transaction() as session:
        return read_view(session, ticket_id)


@router.get("", summary="List tickets")
def list_tickets(
    _reader: Reader,
    status: Status | None = None,
    priority: Priority | None = None,
    category: Annotated[str | None, Query(max_length=60)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=200)] = "",
) -> TicketPage:
    """Newest first; `next_cursor` leads to the next page."""
    filters = queries.Filters(status=status, priority=priority, category=category)
    with transaction() as session:
        page = queries.list_tickets(session, filters, limit=limit, cursor=cursor)
    found = [TicketSummary(**summary_of(row.ticket, row.customer_public_id, row.due_at)) for row in page.rows]
    return TicketPage(tickets=found, next_cursor=page.next_cursor)


@router.put("/{ticket_id}/status", summary="Change the status")
def set_status(ticket_id: str, body: NewStatus, worker: Worker, if_match: IfMatch = "") -> TicketView:
    """Refused with 409 when the transition is not allowed."""
    with transaction() as session:
        ticket = find_ticket(session, ticket_id, if_match)
        lifecycle.set_status(session, ticket.id, body.status, actor=worker.public_id, seen_seq=body.seen_seq)
        session.expire_all()
        return read_view(session, ticket_id)


@router.put("/{ticket_id}/assign", summary="Assign to one of the staff, or to nobody")
def assign(ticket_id: str, body: NewAssignee, worker: Worker, if_match: IfMatch = "") -> TicketView:
    with transaction() as session:
        if body.assignee and body.assignee not in {user.public_id for user in users.may_be_assigned(session)}:
            raise InvalidInput(
                f"There is no colleague {body.assignee} who may work on tickets.", field="assignee"
            )
        ticket = find_ticket(session, ticket_id, if_match)
        lifecycle.assign(session, ticket.id, body.assignee, actor=worker.public_id)
        session.expire_all()
        return read_view(session, ticket_id)
