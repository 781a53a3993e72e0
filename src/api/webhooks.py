"""REST: where programs, Slack and mail addresses of staff are told what happens to tickets."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from api.paging import Cursor, Limit, page_of
from runtime.database import transaction
from tickets import outgoing_webhooks
from tickets.outgoing_webhooks import HookKind

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])

Keeper = Annotated[Principal, Depends(allowed(Permission.MANAGE_KEYS))]


class NewWebhook(BaseModel):
    """`signed` posts JSON as the Standard Webhooks specification says, `slack` a sentence; `mail` takes an address."""

    model_config = ConfigDict(extra="forbid")

    kind: HookKind
    url: Annotated[str, Field(min_length=3, max_length=2000, examples=["https://example.com/hooks/desk"])]
    topics: Annotated[list[str], Field(min_length=1, max_length=50, examples=[["escalated", "rated"]])]


class WebhookView(BaseModel):
    webhook_id: Annotated[str, Field(examples=["HOOK-7Q4K2M9X"])]
    kind: HookKind
    url: str
    topics: list[str]
    created_by: str
    created_at: datetime
    last_error: str


class AddedWebhook(BaseModel):
    """The secret is shown this once."""

    webhook_id: str
    secret: str


class Webhooks(BaseModel):
    webhooks: list[WebhookView]
    next_cursor: str | None


@router.get("", summary="List webhooks")
def list_webhooks(_keeper: Keeper, limit: Limit = 50, cursor: Cursor = "") -> Webhooks:
    """The oldest first."""
    with transaction() as session:
        errors = outgoing_webhooks.last_errors(session)
        found = outgoing_webhooks.list_webhooks(session)
    shown, more = page_of(found, lambda one: [one.id], limit=limit, cursor=cursor)
    return Webhooks(
        webhooks=[
            WebhookView(
                webhook_id=one.public_id,
                kind=HookKind(one.kind),
                url=one.url,
                topics=one.topics,
                created_by=one.created_by,
                created_at=one.created_at,
                last_error=errors.get(one.id, ""),
            )
            for one in shown
        ],
        next_cursor=more,
    )


@router.post("", status_code=201, summary="Add a webhook")
def add_webhook(body: NewWebhook, keeper: Keeper) -> AddedWebhook:
    """It is told of what happens from now on. Only public hosts are reached, by HTTPS."""
    with transaction() as session:
        public_id, secret = outgoing_webhooks.add(
            session, body.kind, body.url, body.topics, by=keeper.public_id
        )
    return AddedWebhook(webhook_id=public_id, secret=secret)


@router.delete("/{webhook_id}", status_code=204, summary="Remove a webhook")
def remove_webhook(webhook_id: str, _keeper: Keeper) -> None:
    """With what waits for it."""
    with transaction() as session:
        outgoing_webhooks.remove(session, webhook_id)
