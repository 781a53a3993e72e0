"""POST /api/v1/tickets: a message of a customer by REST. 202 once it is durable, never before."""

import json
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.orm import Session

from accounts.access import authenticate, bearer_secret, limit_address
from accounts.permissions import Permission, Principal
from ingestion import intake
from ingestion.rest_shapes import (
    IDEMPOTENCY_KEY,
    Accepted,
    FileIds,
    Storable,
    Words,
    accepted,
    external_id,
    fingerprint,
    refuse_surrogates,
)
from runtime.database import transaction
from runtime.errors import InvalidInput
from tickets import attachments, customers
from tickets.contracts import Channel, IncomingMessage, Priority, Receipt

router = APIRouter(prefix="/api/v1", tags=["tickets"])

_MOST_METADATA = 4_000


class NewTicket(BaseModel):
    """Only `description` is required."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        "description": "My order A-10423 has not arrived yet.",
        "customer_email": "alice@example.com",
        "customer_name": "Alice",
        "subject": "Where is my order?",
    }]})  # fmt: skip

    description: Words
    customer_email: Annotated[
        Storable | None, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    ] = None
    customer_id: Annotated[Storable | None, Field(max_length=40, pattern=r"^CUST-[0-9A-Z]{8}$")] = None
    customer_name: Annotated[Storable, Field(max_length=200)] = ""
    subject: Annotated[Storable, Field(max_length=500)] = ""
    priority: Priority | None = None
    channel: Channel = Channel.API
    order_id: Annotated[Storable | None, Field(max_length=64)] = None
    product_area: Annotated[Storable | None, Field(max_length=100)] = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    attachments: FileIds = []

    @field_validator("metadata")
    @classmethod
    def _small(cls, value: dict[str, Any]) -> dict[str, Any]:
        text = _as_json(value) if value else ""
        if len(text) > _MOST_METADATA:
            raise ValueError(f"is larger than {_MOST_METADATA} characters as JSON")
        if "\\u0000" in text:
            raise ValueError("contains a NUL character")
        return value


def _as_json(value: dict[str, Any]) -> str:
    """Raises ValueError for what is not JSON, though Python takes it: NaN, infinity."""
    refuse_surrogates(json.dumps(value, ensure_ascii=False))
    return json.dumps(value, allow_nan=False)


@router.post(
    "/tickets",
    status_code=202,
    summary="Send a customer's message",
    response_model=None,  # The framework would check our own answer in another thread.
    responses={202: {"model": Accepted}},
    # Told here and read below: a header among the arguments costs the framework more than all that is done with it.
    openapi_extra={"parameters": [IDEMPOTENCY_KEY]},
)
def create_ticket(body: NewTicket, request: Request) -> Response:
    """Stores the message, asks for an answer, and says where the answer will be.

    The same `Idempotency-Key` with the same body is the same ticket; with another body it is a conflict.
    """
    limit_address(request)
    principal = authenticate(bearer_secret(request))
    principal.require(Permission.CREATE_TICKETS)
    return accepted(_receive(body, principal, request.headers.get("idempotency-key")))


def _receive(body: NewTicket, caller: Principal, key: str | None) -> Receipt:
    """By the short way where it is open: one statement that is durable when it returns."""
    if body.customer_email and not body.customer_id and not body.attachments:
        message = _message(body.customer_email, body, caller, key)
        if receipt := intake.receive_at_once(message):
            return receipt
        with transaction() as session:
            return intake.receive(session, message)
    with transaction() as session:
        receipt = intake.receive(session, _message(_identity(session, body), body, caller, key))
        if not receipt.duplicate:
            attachments.claim_uploads(
                session, body.attachments, message_id=receipt.message_id, by=caller.public_id
            )
        return receipt


def _message(identity: str, body: NewTicket, caller: Principal, key: str | None) -> IncomingMessage:
    extra = {
        "order_id": body.order_id,
        "product_area": body.product_area,
        "stated_channel": body.channel.value,
    }
    return IncomingMessage(
        channel=Channel.API,
        external_id=external_id(caller, key, uuid.uuid4().hex),
        identity=identity,
        text=body.description,
        subject=body.subject,
        name=body.customer_name,
        priority=body.priority,
        metadata=body.metadata | {name: value for name, value in extra.items() if value not in (None, "api")},
        customer_verified=Permission.ASSERT_CUSTOMERS in caller.permissions,
        fingerprint=fingerprint(body.model_dump_json()) if key else "",
    )


def _identity(session: Session, body: NewTicket) -> str:
    """An identity of the known customer, the mail address given, or one of nobody in particular."""
    if body.customer_id is None:
        return body.customer_email or f"anonymous-{uuid.uuid4().hex}"
    customer = customers.find(session, body.customer_id)
    if body.customer_email is None:
        return customers.identity_for_api(session, customer)
    if not customers.has_mail(session, customer.id, body.customer_email):
        raise InvalidInput(
            "The customer has another mail address: send one of customer_id and customer_email.",
            field="customer_email",
        )
    return body.customer_email
