"""The logins that are open: one's own, and for admins everybody's. Each can be ended."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accounts import access, login_sessions
from accounts.fingerprints import fingerprint
from accounts.permissions import Permission
from console import queue
from console.rendering import render
from console.sessions import COOKIE, Looking, Posting
from runtime.database import transaction

router = APIRouter()


@router.get("/sessions")
def list_sessions(
    request: Request, viewer: Looking, every: Annotated[bool, Query(alias="all")] = False
) -> HTMLResponse:
    if every:
        viewer.principal.require(Permission.MANAGE_USERS)
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        found = login_sessions.list_sessions(session, user_id=None if every else viewer.principal.user_id)
    return render(
        request,
        "sessions.html",
        viewer=viewer,
        views=queue.VIEWS,
        counts=counts,
        found=found,
        every=every,
        this=fingerprint(request.cookies[COOKIE]),
    )


@router.post("/sessions/{session_id}/end")
def end_session(viewer: Posting, session_id: Annotated[str, Path(max_length=40)]) -> Response:
    mine_alone = Permission.MANAGE_USERS not in viewer.principal.permissions
    with transaction() as session:
        login_sessions.end(
            session,
            session_id,
            by=viewer.principal.public_id,
            user_id=viewer.principal.user_id if mine_alone else None,
        )
    access.forget()
    return RedirectResponse("/console/sessions", status_code=303)
