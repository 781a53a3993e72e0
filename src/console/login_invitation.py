"""The link of an invitation: a colleague chooses a name and a password, and is in."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from accounts import credentials, invitations
from console.rendering import render
from console.sessions import check_csrf, log_in_browser, set_cookie
from runtime import limits
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound
from runtime.web import client_address

router = APIRouter()
_VISIT = "deskfleet_invitation"
_PATH = "/console/invitation"
_VALID_S = 3600
_PER_MINUTE = 10


@router.get("/invitation")
def show_invitation(request: Request, token: Annotated[str, Query(max_length=200)] = "") -> Response:
    limits.take(f"invitation:{client_address(request)}", per_minute=_PER_MINUTE)
    return _form(request, token=token)


@router.post("/invitation")
def accept_invitation(
    request: Request,
    token: Annotated[str, Form(max_length=200)] = "",
    name: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    csrf: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    limits.take(f"invitation:{client_address(request)}", per_minute=_PER_MINUTE)
    check_csrf(request.cookies.get(_VISIT, ""), csrf)
    response = RedirectResponse("/console/queue", status_code=303)
    try:
        with transaction() as session:
            user = invitations.accept(
                session, token, name=name, password=password, address=client_address(request)
            )
            log_in_browser(session, response, user, request)
    except (InvalidInput, Conflict) as error:
        return _form(request, token=token, name=name, error=error.detail, status=422)
    except NotFound as error:
        return render(request, "login_refused.html", status=404, reason=error.detail)
    response.delete_cookie(_VISIT, path=_PATH)
    return response


def _form(request: Request, *, token: str, name: str = "", error: str = "", status: int = 200) -> Response:
    try:
        with transaction() as session:
            found = invitations.find(session, token)
    except NotFound as refused:
        return render(request, "login_refused.html", status=404, reason=refused.detail)
    visit = request.cookies.get(_VISIT) or secrets.token_urlsafe(32)
    response = render(
        request,
        "login_invitation.html",
        status=status,
        csrf=credentials.csrf_token(visit),
        token=token,
        email=found.email,
        name=name or found.name,
        error=error,
    )
    set_cookie(response, _VISIT, visit, path=_PATH, valid_s=_VALID_S)
    # The link is the secret: it must not be told to a page that is opened next.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
