"""REST for programs: a customer, what he has asked before, and two customers made one."""

import time
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from runtime.database import transaction
from runtime.errors import InvalidInput, Unavailable
from tickets import customer_history, customers
from tickets.contracts import Channel, Priority, Status
from tickets.customer_history import PastTicket
from tickets.models import CustomerIdentity

router = APIRouter(prefix="/api/v1/customers", tags=["customers"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]
Worker = Annotated[Principal, Depends(allowed(Permission.WORK_TICKETS))]

_TRIES = 5
_PAUSE_S = 0.1


class IdentityView(BaseModel):
    """How a channel knows the customer."""

    kind: Annotated[str, Field(examples=["mail"])]
    value: Annotated[str, Field(examples=["alice@example.com"])]


class CustomerView(BaseModel):
    customer_id: str
    name: Annotated[str, Field(examples=["Alice"])]
    tier: Annotated[str, Field(examples=["standard"])]
    identities: list[IdentityView]
    tickets: Annotated[int, Field(examples=[3])]
    created_at: datetime


class PastTicketView(BaseModel):
    """`outcome` is what the agent decided last, reply or escalation; `reason` is why staff have the ticket."""

    ticket_id: str
    subject: str
    channel: Channel
    status: Status
    priority: Priority
    category: str | None
    outcome: Annotated[str | None, Field(examples=["reply"])]
    reason: str | None
    summary: str
    created_at: datetime
    resolved_at: datetime | None


class History(BaseModel):
    customer_id: str
    name: Annotated[str, Field(examples=["Alice"])]
    tier: Annotated[str, Field(examples=["standard"])]
    tickets: list[PastTicketView]
    next_cursor: str | None


class Merge(BaseModel):
    model_config = ConfigDict(extra="forbid")

    other: Annotated[str, Field(pattern=r"^CUST-[0-9A-Z]{8}$", examples=["CUST-3V8N1C5R"])]


class MergedView(BaseModel):
    """The customer who is left, and how much was moved to him."""

    customer_id: str
    merged: Annotated[str, Field(examples=["CUST-3V8N1C5R"])]
    moved_tickets: Annotated[int, Field(examples=[2])]
    moved_identities: Annotated[int, Field(examples=[1])]


@router.get("/{customer_id}", summary="Read a customer")
def read_customer(customer_id: str, reader: Reader) -> CustomerView:
    """Identities are shown whole to who may work on tickets (`tickets:work`), to others masked.

    The id of a customer who was merged leads to the one that is left.
    """
    with transaction() as session:
        customer = customers.find(session, customer_id)
        identities = customers.identities_of(session, customer.id)
        count = customer_history.count_tickets(session, customer.id)
    whole = Permission.WORK_TICKETS in reader.permissions
    return CustomerView(
        customer_id=customer.public_id,
        name=customer.name,
        tier=customer.tier,
        identities=[_identity(one, whole=whole) for one in identities],
        tickets=count,
        created_at=customer.created_at,
    )


def _identity(identity: CustomerIdentity, *, whole: bool) -> IdentityView:
    return IdentityView(kind=identity.kind, value=identity.value if whole else _masked(identity.value))


def _masked(value: str) -> str:
    """Enough to tell two apart who are known, too little to write to one of them."""
    local, at, domain = value.rpartition("@")
    return f"{local[:1]}…{at}{domain}" if at else f"{value[:1]}…"


@router.get("/{customer_id}/history", summary="Read what a customer has asked before")
def read_history(
    customer_id: str,
    _reader: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=200)] = "",
) -> History:
    """Newest first; `next_cursor` leads to the next page."""
    with transaction() as session:
        customer = customers.find(session, customer_id)
        page = customer_history.read_history(session, customer.id, limit=limit, cursor=cursor)
    return History(
        customer_id=customer.public_id,
        name=customer.name,
        tier=customer.tier,
        tickets=[_past(one) for one in page.tickets],
        next_cursor=page.next_cursor,
    )


def _past(past: PastTicket) -> PastTicketView:
    ticket = past.ticket
    return PastTicketView(
        ticket_id=ticket.public_id,
        subject=ticket.subject,
        channel=Channel(ticket.channel),
        status=Status(ticket.status),
        priority=Priority(ticket.priority),
        category=ticket.category,
        outcome=past.outcome,
        reason=ticket.reason,
        summary=ticket.summary,
        created_at=ticket.created_at,
        resolved_at=ticket.resolved_at,
    )


@router.post("/{customer_id}/merge", summary="Make two customers one")
def merge_customers(customer_id: str, body: Merge, worker: Worker) -> MergedView:
    """Moves the identities and tickets of `other` to this customer and notes it on their tickets.

    There is no way back. The other's id leads to this customer from then on. Refused with 409 when both are
    answered on the same channel at different addresses, because an answer could go to the wrong one.
    """
    if body.other == customer_id:
        raise InvalidInput("A customer cannot be merged with himself.", field="other")
    merged = _merge_patiently(customer_id, body.other, actor=worker.public_id)
    return MergedView(
        customer_id=merged.customer.public_id,
        merged=body.other,
        moved_tickets=merged.tickets,
        moved_identities=merged.identities,
    )


def _merge_patiently(customer_id: str, other: str, *, actor: str) -> customers.Merged:
    """A merge gives way to messages that are being stored at the moment."""
    for _ in range(_TRIES - 1):
        try:
            return _merge(customer_id, other, actor=actor)
        except Unavailable:
            time.sleep(_PAUSE_S)
    return _merge(customer_id, other, actor=actor)


def _merge(customer_id: str, other: str, *, actor: str) -> customers.Merged:
    with transaction() as session:
        return customers.merge(session, customer_id, other, actor=actor)
