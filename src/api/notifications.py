"""REST: what one of the staff is told in the console."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from runtime.database import transaction
from tickets import notifications, queries
from tickets.notifications import NotificationKind

router = APIRouter(prefix="/api/v1/notifications", tags=["notifications"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]


class NotificationView(BaseModel):
    notification_id: Annotated[int, Field(examples=[4711])]
    kind: NotificationKind
    text: Annotated[str, Field(examples=["Bob mentioned you"])]
    ticket_id: Annotated[str | None, Field(examples=["TKT-20260302-7Q4K2M9X"])]
    created_at: datetime
    seen_at: datetime | None


class Notifications(BaseModel):
    """`unseen`: how many of all; a hundred stands for more."""

    notifications: list[NotificationView]
    unseen: Annotated[int, Field(examples=[2])]
    next_cursor: Annotated[int | None, Field(examples=[4711])]


class Seen(BaseModel):
    """Without a ticket all of them."""

    model_config = ConfigDict(extra="forbid")

    ticket_id: Annotated[str | None, Field(max_length=40, examples=["TKT-20260302-7Q4K2M9X"])] = None


class Unseen(BaseModel):
    unseen: Annotated[int, Field(examples=[0])]


@router.get("", summary="List your notifications")
def list_notifications(
    reader: Reader,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Notifications:
    """Newest first; those of others are theirs."""
    with transaction() as session:
        found = notifications.list_notifications(session, reader.public_id, before=cursor, limit=limit + 1)
        unseen = notifications.count_unseen(session, reader.public_id)
    shown = [
        NotificationView(
            notification_id=one.id,
            kind=NotificationKind(one.kind),
            text=one.text,
            ticket_id=ticket_id,
            created_at=one.created_at,
            seen_at=one.seen_at,
        )
        for one, ticket_id in found[:limit]
    ]
    more = shown[-1].notification_id if len(found) > limit else None
    return Notifications(notifications=shown, unseen=unseen, next_cursor=more)


@router.post("/seen", summary="Say that notifications were seen")
def mark_seen(body: Seen, reader: Reader) -> Unseen:
    with transaction() as session:
        ticket = queries.find_ticket(session, body.ticket_id).id if body.ticket_id else None
        notifications.mark_seen(session, reader.public_id, ticket_id=ticket)
        return Unseen(unseen=notifications.count_unseen(session, reader.public_id))
