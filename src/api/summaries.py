"""REST: what a ticket's conversation came to."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from runtime.database import transaction
from runtime.errors import NotFound
from tickets import queries, summaries
from tickets.desk_models import TicketSummary
from tickets.models import Ticket

router = APIRouter(prefix="/api/v1/tickets", tags=["tickets"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]
Worker = Annotated[Principal, Depends(allowed(Permission.WORK_TICKETS))]


class SummaryView(BaseModel):
    """`is_awaited`: a newer one is being written. `is_current`: nothing was said since. `at` is None for none yet."""

    ticket_id: str
    summary: str
    action_items: list[str]
    resolution_note: str
    model: str
    is_awaited: bool
    is_current: bool
    failure: str
    at: datetime | None


def _view(ticket: Ticket, found: TicketSummary) -> SummaryView:
    return SummaryView(
        ticket_id=ticket.public_id,
        summary=found.summary,
        action_items=found.action_items,
        resolution_note=found.resolution_note,
        model=found.model,
        is_awaited=summaries.is_awaited(found),
        is_current=found.up_to_seq >= ticket.last_seq,
        failure=found.failure,
        at=found.at,
    )


@router.post("/{ticket_id}/summarize", status_code=202, summary="Summarise a ticket")
def summarize(ticket_id: str, response: Response, _worker: Worker) -> SummaryView:
    """The summary is written by a job: read it at `Location`. Of a ticket that nothing was said in since it stays."""
    with transaction() as session:
        ticket = queries.find_ticket(session, ticket_id)
        summaries.request(session, ticket.id)
        session.expire_all()
        found = summaries.of_ticket(session, ticket.id)
        assert found is not None
        response.headers["Location"] = f"/api/v1/tickets/{ticket.public_id}/summary"
        return _view(ticket, found)


@router.get("/{ticket_id}/summary", summary="Read a ticket's summary")
def read_summary(ticket_id: str, _reader: Reader) -> SummaryView:
    """404 while nobody has asked for one."""
    with transaction() as session:
        ticket = queries.find_ticket(session, ticket_id)
        found = summaries.of_ticket(session, ticket.id)
        if found is None:
            raise NotFound("Nobody has asked for a summary of this ticket.")
        return _view(ticket, found)
