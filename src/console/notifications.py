"""What the viewer is told, and where everybody else is: the list of notifications, and the webhooks of the desk."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from accounts.permissions import Permission
from console import queue
from console.rendering import render
from console.sessions import Looking, Posting, Viewer
from runtime.database import transaction
from runtime.errors import InvalidInput
from tickets import notifications, outgoing_webhooks
from tickets.outgoing_webhooks import TOPICS, HookKind

router = APIRouter()
_HOOKS = "/console/webhooks"


@router.get("/notifications")
def list_notifications(request: Request, viewer: Looking) -> HTMLResponse:
    """The newest first; who opens the page has seen them."""
    me = viewer.principal.public_id
    with transaction() as session:
        counts = queue.count_views(session, me)
        found = notifications.list_notifications(session, me)
        notifications.mark_seen(session, me)
    return render(request, "notifications.html", viewer=viewer, views=queue.VIEWS, counts=counts, found=found)


@router.get("/notifications/unseen")
def count_unseen(viewer: Looking) -> JSONResponse:
    """What a page asks when something happened, to show it outside of the page too."""
    me = viewer.principal.public_id
    with transaction() as session:
        count = notifications.count_unseen(session, me)
        newest = notifications.list_notifications(session, me)[:1] if count else []
    shown = [{"id": one.id, "text": one.text, "ticket": ticket} for one, ticket in newest]
    return JSONResponse({"count": count, "newest": shown}, headers={"Cache-Control": "no-store"})


@router.get("/webhooks")
def list_webhooks(request: Request, viewer: Looking) -> HTMLResponse:
    viewer.principal.require(Permission.MANAGE_KEYS)
    return _webhooks(request, viewer)


@router.post("/webhooks")
def add_webhook(
    request: Request,
    viewer: Posting,
    kind: Annotated[str, Form(max_length=20)] = "",
    url: Annotated[str, Form(max_length=2000)] = "",
    topics: Annotated[list[str], Form(max_length=50)] = [],  # noqa: B006  # FastAPI copies it
) -> HTMLResponse:
    """The page with the secret, which is shown this once."""
    viewer.principal.require(Permission.MANAGE_KEYS)
    try:
        if kind not in list(HookKind):
            raise InvalidInput("Choose a kind.", field="kind")
        with transaction() as session:
            _public_id, secret = outgoing_webhooks.add(
                session, HookKind(kind), url.strip(), topics, by=viewer.principal.public_id
            )
    except InvalidInput as error:
        return _webhooks(request, viewer, typed=(kind, url, topics), error=error.detail)
    return _webhooks(request, viewer, secret=secret)


@router.post("/webhooks/{webhook_id}/remove")
def remove_webhook(viewer: Posting, webhook_id: str) -> Response:
    viewer.principal.require(Permission.MANAGE_KEYS)
    with transaction() as session:
        outgoing_webhooks.remove(session, webhook_id)
    return RedirectResponse(_HOOKS, status_code=303)


def _webhooks(
    request: Request,
    viewer: Viewer,
    *,
    typed: tuple[str, str, list[str]] = ("signed", "", []),
    error: str = "",
    secret: str = "",
) -> HTMLResponse:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        found = outgoing_webhooks.list_webhooks(session)
        errors = outgoing_webhooks.last_errors(session)
    return render(
        request,
        "webhooks.html",
        viewer=viewer,
        status=422 if error else 200,
        views=queue.VIEWS,
        counts=counts,
        found=found,
        errors=errors,
        topics=TOPICS,
        typed=typed,
        error=error,
        secret=secret,
    )
