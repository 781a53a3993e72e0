"""Keeps the present search of the queue under a name, and forgets it."""

from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import RedirectResponse, Response

from console.sessions import Posting, local_path
from runtime.database import transaction
from tickets import saved_views

router = APIRouter()
_QUEUE = "/console/queue?"


@router.post("/queue/saved")
def save_view(
    viewer: Posting,
    name: Annotated[str, Form(max_length=100)] = "",
    at: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """`at` is the address of the list; who may only read keeps views too."""
    address = local_path(at)
    query = address.removeprefix(_QUEUE) if address.startswith(_QUEUE) else ""
    with transaction() as session:
        saved_views.save_view(session, viewer.principal.public_id, name, query)
    return RedirectResponse(address, status_code=303)


@router.post("/queue/saved/{view_id}/remove")
def remove_view(viewer: Posting, view_id: Annotated[int, Path(ge=1, lt=2**63)]) -> Response:
    with transaction() as session:
        saved_views.remove_view(session, viewer.principal.public_id, view_id)
    return RedirectResponse("/console/queue", status_code=303)
