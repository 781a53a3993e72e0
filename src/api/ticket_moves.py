"""REST: put a ticket aside, merge it, split a message off, hand it back to the agent."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from api.preconditions import IfMatch, find_ticket
from api.ticket_views import TicketView, read_view
from runtime.database import transaction
from tickets import lifecycle, queries

router = APIRouter(prefix="/api/v1/tickets", tags=["tickets"])

Worker = Annotated[Principal, Depends(allowed(Permission.WORK_TICKETS))]
SeenSeq = Annotated[
    int | None,
    Field(ge=0, description="The newest message that was read; 409 when a person wrote since.", examples=[3]),
]


class Pause(BaseModel):
    model_config = ConfigDict(extra="forbid")

    until: Annotated[
        AwareDatetime, Field(description="Within the next year.", examples=["2026-12-01T09:00:00Z"])
    ]
    seen_seq: SeenSeq = None


class Into(BaseModel):
    model_config = ConfigDict(extra="forbid")

    into: Annotated[str, Field(max_length=40, examples=["TKT-20260302-7Q4K2M9X"])]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seq: Annotated[int, Field(ge=1, le=2**31 - 1, description="A message of the customer.", examples=[2])]
    subject: Annotated[str, Field(max_length=400)] = ""


class Seen(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seen_seq: SeenSeq = None


@router.post("/{ticket_id}/snooze", summary="Put a ticket aside")
def snooze(ticket_id: str, body: Pause, worker: Worker, if_match: IfMatch = "") -> TicketView:
    """It comes back at that moment, or when the customer writes."""
    with transaction() as session:
        ticket = find_ticket(session, ticket_id, if_match)
        lifecycle.snooze(session, ticket.id, body.until, actor=worker.public_id, seen_seq=body.seen_seq)
        session.expire_all()
        return read_view(session, ticket_id)


@router.post("/{ticket_id}/merge", summary="Merge a ticket into another one")
def merge(ticket_id: str, body: Into, worker: Worker, if_match: IfMatch = "") -> TicketView:
    """Of the same customer alone. The answer is the ticket that the conversation goes on in."""
    with transaction() as session:
        into = queries.find_ticket(session, body.into)
        ticket = find_ticket(session, ticket_id, if_match)
        lifecycle.merge(session, ticket.id, into.id, actor=worker.public_id)
        session.expire_all()
        return read_view(session, body.into)


@router.post("/{ticket_id}/split", status_code=201, summary="Split a message off into a new ticket")
def split(ticket_id: str, body: Part, worker: Worker, if_match: IfMatch = "") -> TicketView:
    """The answer is the new ticket, which is linked to this one."""
    with transaction() as session:
        ticket = find_ticket(session, ticket_id, if_match)
        new = lifecycle.split(session, ticket.id, body.seq, actor=worker.public_id, subject=body.subject)
        return read_view(session, new)


@router.post("/{ticket_id}/hand-back", summary="Hand a ticket back to the agent")
def hand_back(ticket_id: str, body: Seen, worker: Worker, if_match: IfMatch = "") -> TicketView:
    """The agent answers what nobody has answered."""
    with transaction() as session:
        ticket = find_ticket(session, ticket_id, if_match)
        lifecycle.hand_back(session, ticket.id, actor=worker.public_id, seen_seq=body.seen_seq)
        session.expire_all()
        return read_view(session, ticket_id)
