"""The form by which staff write to a customer first."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accounts.permissions import Permission
from console import queue, words
from console.actions import plain
from console.rendering import render
from console.sessions import Looking, Viewer, Working
from console.ticket import Done
from runtime.database import transaction
from runtime.errors import InvalidInput
from runtime.settings import settings
from tickets import lifecycle
from tickets.categories import categories
from tickets.contracts import Priority
from tickets.lifecycle import FirstMessage
from tickets.template_texts import refuse_unfilled

router = APIRouter()


@router.get("/new")
def show_form(
    request: Request, viewer: Looking, to: Annotated[str, Query(max_length=254)] = ""
) -> HTMLResponse:
    viewer.principal.require(Permission.WORK_TICKETS)
    return _form(request, viewer, {"to": to})


@router.post("/new")
def open_ticket(  # noqa: PLR0913, PLR0917  # one argument for each field of the form
    request: Request,
    viewer: Working,
    to: Annotated[str, Form(max_length=300)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    subject: Annotated[str, Form(max_length=1000)] = "",
    text: Annotated[str, Form(max_length=100_000)] = "",
    priority: Annotated[str, Form(max_length=20)] = Priority.NORMAL,
    category: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Open the ticket and send the message; when it is refused, show why with all that was typed."""
    typed = {"to": to, "name": name, "subject": subject, "text": plain(text), "priority": priority}
    typed["category"] = category
    me = viewer.principal
    try:
        refuse_unfilled(text)
        if priority not in list(Priority):
            raise InvalidInput("Choose a priority.", field="priority")
        message = FirstMessage(
            plain(to), plain(subject), typed["text"], plain(name), Priority(priority), category or None
        )
        with transaction() as session:
            public_id, _message_id = lifecycle.open_by_staff(
                session,
                message,
                staff=me.public_id,
                name=me.name,
                hold_s=settings().console.undo_send_s,
            )
    except InvalidInput as error:
        return _form(request, viewer, typed, error=error.detail, field=error.field or "", status=422)
    return RedirectResponse(f"/console/tickets/{public_id}?done={Done.OPENED}", status_code=303)


def _form(  # keyword-only: what a refused form shows
    request: Request,
    viewer: Viewer,
    typed: dict[str, str],
    *,
    error: str = "",
    field: str = "",
    status: int = 200,
) -> HTMLResponse:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
    return render(
        request,
        "new_ticket.html",
        viewer=viewer,
        status=status,
        typed=typed,
        error=error,
        field=field,
        views=queue.VIEWS,
        counts=counts,
        priorities=words.PRIORITIES,
        categories=categories(),
    )
