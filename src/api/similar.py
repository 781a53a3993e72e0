"""REST: resolved tickets like another one."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from knowledge import similar

router = APIRouter(prefix="/api/v1/tickets", tags=["tickets"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]


class SimilarTicketView(BaseModel):
    """What customers and staff wrote is redacted."""

    ticket_id: Annotated[str, Field(examples=["TKT-20260302-7Q4K2M9X"])]
    question: str
    resolution: str
    language: str
    relevance: Annotated[float, Field(ge=0, le=1, description="Calibrated, 0 to 1.")]
    resolved_at: datetime | None


class SimilarTickets(BaseModel):
    tickets: list[SimilarTicketView]


@router.get("/{ticket_id}/similar", summary="Similar resolved tickets")
def read_similar(
    ticket_id: str,
    _reader: Reader,
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
    before: Annotated[AwareDatetime | None, Query(description="Only what was resolved before.")] = None,
) -> SimilarTickets:
    """Tickets that staff resolved, the most similar first, with their answers."""
    found = similar.similar_tickets(ticket_id, limit=limit, before=before)
    return SimilarTickets(tickets=[SimilarTicketView(**asdict(one)) for one in found])
