"""REST: the searches of the queue that one keeps under a name, as the console shows them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from api.paging import Cursor, Limit, page_of
from runtime.database import transaction
from tickets import saved_views
from tickets.desk_models import SavedView

router = APIRouter(prefix="/api/v1/views", tags=["views"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]
ViewId = Annotated[int, Path(ge=1, lt=2**63)]
_MOST_QUERY = 1_000


class NewView(BaseModel):
    """`query` is what stands behind the `?` of the queue's address."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=40, examples=["Urgent and mine"])]
    query: Annotated[
        str,
        Field(
            min_length=1, max_length=_MOST_QUERY, pattern=r"^[^\x00]*$", examples=["view=mine&priority=high"]
        ),
    ]


class ViewView(BaseModel):
    view_id: Annotated[int, Field(examples=[7])]
    name: Annotated[str, Field(examples=["Urgent and mine"])]
    query: Annotated[str, Field(examples=["view=mine&priority=high"])]
    created_at: datetime


class Views(BaseModel):
    views: list[ViewView]
    next_cursor: str | None


@router.get("", summary="List your saved views")
def list_views(reader: Reader, limit: Limit = 50, cursor: Cursor = "") -> Views:
    """In order of their names; those of others are theirs."""
    with transaction() as session:
        found = [_view(one) for one in saved_views.list_views(session, reader.public_id)]
    shown, more = page_of(found, lambda one: [one.name, one.view_id], limit=limit, cursor=cursor)
    return Views(views=shown, next_cursor=more)


@router.post("", status_code=201, summary="Save a view")
def save_view(body: NewView, reader: Reader) -> ViewView:
    """One of the same name is replaced. 409 when there are too many."""
    with transaction() as session:
        saved_views.save_view(session, reader.public_id, body.name, body.query)
        name = " ".join(body.name.split())
        return next(
            _view(one) for one in saved_views.list_views(session, reader.public_id) if one.name == name
        )


@router.delete("/{view_id}", status_code=204, summary="Remove a saved view")
def remove_view(view_id: ViewId, reader: Reader) -> None:
    """Again and again changes nothing."""
    with transaction() as session:
        saved_views.remove_view(session, reader.public_id, view_id)


def _view(view: SavedView) -> ViewView:
    return ViewView(view_id=view.id, name=view.name, query=view.query, created_at=view.created_at)
