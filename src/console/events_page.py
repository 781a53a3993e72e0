"""Events that change the volume: managers see them, admins enter and remove them."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accounts.permissions import Permission
from analytics import volume_events
from analytics.volume_events import NewEvent
from console import queue
from console.figures import Managing
from console.rendering import render
from console.settings_pages import Changing
from runtime.database import transaction

router = APIRouter()
_ADDRESS = "/console/figures/events"


@router.get("/figures/events")
def show_events(request: Request, viewer: Managing) -> HTMLResponse:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        found = volume_events.every(session)
    return render(
        request,
        "events.html",
        viewer=viewer,
        views=queue.VIEWS,
        counts=counts,
        found=found,
        may_change=Permission.MANAGE_DESK in viewer.principal.permissions,
    )


@router.post("/figures/events")
def add_event(
    viewer: Changing,
    name: Annotated[str, Form(max_length=120)],
    since: Annotated[date, Form()],
    until: Annotated[date, Form()],
    factor: Annotated[float, Form()],
) -> Response:
    with transaction() as session:
        volume_events.add(session, NewEvent(name, since, until, factor), by=viewer.principal.public_id)
    return RedirectResponse(_ADDRESS, status_code=303)


@router.post("/figures/events/{number}/remove")
def remove_event(viewer: Changing, number: int) -> Response:
    with transaction() as session:
        volume_events.remove(session, number, by=viewer.principal.public_id)
    return RedirectResponse(_ADDRESS, status_code=303)
