"""One's own account: who one is here, and the password."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from accounts import access, passwords
from accounts.models import User
from console import queue
from console.rendering import render
from console.sessions import Looking, Posting, Viewer, log_in_browser
from runtime.database import transaction
from runtime.errors import InvalidInput, RateLimited
from runtime.web import client_address

router = APIRouter()
_PASSWORD = Form(max_length=1024)


@router.get("/account")
def show_account(request: Request, viewer: Looking, changed: bool = False) -> Response:
    return _page(request, viewer, changed=changed)


@router.post("/account/password")
def change_password(
    request: Request,
    viewer: Posting,
    old_password: Annotated[str, _PASSWORD] = "",
    new_password: Annotated[str, _PASSWORD] = "",
    again: Annotated[str, _PASSWORD] = "",
) -> Response:
    """Every login ends with the old password; this browser gets a new one, with a new secret."""
    response = RedirectResponse("/console/account?changed=true", status_code=303)
    try:
        if new_password != again:
            raise InvalidInput("The new password was typed in two different ways.", field="again")
        with transaction() as session:
            user = passwords.change(
                session,
                viewer.principal.user_id or 0,
                old=old_password,
                new=new_password,
                address=client_address(request),
            )
            log_in_browser(session, response, user, request)
    except InvalidInput as error:
        return _page(request, viewer, error=error.detail, status=422)
    except RateLimited as error:
        return _page(request, viewer, error=error.detail, status=429)
    access.forget()
    return response


def _page(
    request: Request, viewer: Viewer, *, error: str = "", changed: bool = False, status: int = 200
) -> Response:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        user = session.get_one(User, viewer.principal.user_id)
    return render(
        request,
        "account.html",
        viewer=viewer,
        status=status,
        views=queue.VIEWS,
        counts=counts,
        user=user,
        error=error,
        changed=changed,
    )
