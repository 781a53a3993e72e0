"""POST /api/v1/tickets/{ticket_id}/messages: a further message of the customer on a ticket, by REST."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from ingestion import intake
from ingestion.rest_shapes import FileIds, MessageAccepted, Words, accepted, external_id, fingerprint
from runtime.database import transaction
from runtime.errors import Conflict, Forbidden
from tickets import attachments, customers, queries
from tickets.contracts import Channel, IncomingMessage
from tickets.models import Customer, Ticket

router = APIRouter(prefix="/api/v1", tags=["tickets"])

# Of the others the conversation is kept, and answered, elsewhere.
_OURS = (Channel.API, Channel.MAIL, Channel.WEB_CHAT)


class NewMessage(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        "text": "It has arrived, but the box is damaged.",
    }]})  # fmt: skip

    text: Words
    attachments: FileIds = []


@router.post(
    "/tickets/{ticket_id}/messages",
    status_code=202,
    summary="Send a further message of the customer",
    response_model=None,
    responses={202: {"model": MessageAccepted}},
)
def add_message(
    ticket_id: str,
    body: NewMessage,
    caller: Annotated[Principal, Depends(allowed(Permission.CREATE_TICKETS))],
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Adds the message to the ticket and asks for an answer; a resolved ticket opens again.

    A closed ticket stays closed: a new one that is linked to it is opened, and `continues` names the closed one.
    A ticket whose customer is vouched for takes messages of keys with `customers:assert` alone. A ticket of X,
    Facebook, Zendesk or Intercom takes none (409): its messages come from there.
    """
    with transaction() as session:
        ticket = queries.find_ticket(session, ticket_id)
        _require_may_write(ticket, caller)
        message = _message(session, ticket, body, caller=caller, key=idempotency_key)
        receipt = intake.receive_on_ticket(session, message, ticket.id)
        if not receipt.duplicate:
            attachments.claim_uploads(
                session, body.attachments, message_id=receipt.message_id, by=caller.public_id
            )
    return accepted(receipt, asked_for=ticket.public_id)


def _require_may_write(ticket: Ticket, caller: Principal) -> None:
    """Orders are spoken of on a ticket whose customer is certain, so not everybody may speak for that one."""
    if ticket.customer_verified and Permission.ASSERT_CUSTOMERS not in caller.permissions:
        raise Forbidden(f"{caller.name} may not speak for this customer: it needs customers:assert.")
    if ticket.channel not in _OURS:
        raise Conflict(f"The customer writes on {ticket.channel}: send the message there.", field="ticket_id")


def _message(
    session: Session, ticket: Ticket, body: NewMessage, *, caller: Principal, key: str | None
) -> IncomingMessage:
    customer = session.scalars(select(Customer).where(Customer.id == ticket.customer_id)).one()
    return IncomingMessage(
        channel=Channel.API,
        external_id=external_id(caller, key, uuid.uuid4().hex),
        identity=customers.identity_for_api(session, customer),
        text=body.text,
        subject=ticket.subject,
        name=customer.name,
        customer_verified=Permission.ASSERT_CUSTOMERS in caller.permissions,
        fingerprint=fingerprint(ticket.public_id, body.model_dump_json()) if key else "",
    )
