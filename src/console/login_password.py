"""A lost password: ask for a link by mail, and choose a new one by the link."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from accounts import access, credentials, passwords
from console.rendering import render
from console.sessions import check_csrf, set_cookie
from runtime import limits
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound
from runtime.web import client_address

router = APIRouter(prefix="/password")
_VISIT = "deskfleet_password"  # Binds the forms to this browser, as the login's is.
_PATH = "/console/password"
_VALID_S = 3600
_PER_MINUTE = 10


@router.get("/lost")
def show_lost(request: Request) -> Response:
    return _shown(request, "password_lost.html", mails=passwords.mails_links(), asked=False)


@router.post("/lost")
def ask_for_link(
    request: Request,
    email: Annotated[str, Form(max_length=254)] = "",
    csrf: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The answer is the same whether there is such an account or not."""
    check_csrf(request.cookies.get(_VISIT, ""), csrf)
    if passwords.mails_links():
        with transaction() as session:
            passwords.ask_for_mail(session, email.replace("\0", ""), address=client_address(request))
    return _shown(request, "password_lost.html", mails=passwords.mails_links(), asked=True)


@router.get("/reset")
def show_reset(request: Request, token: Annotated[str, Query(max_length=200)] = "") -> Response:
    _limit(request)
    return _form(request, token=token)


@router.post("/reset")
def choose_password(
    request: Request,
    token: Annotated[str, Form(max_length=200)] = "",
    new_password: Annotated[str, Form(max_length=1024)] = "",
    csrf: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Nobody is logged in by it: the new password is shown to work at once."""
    _limit(request)
    check_csrf(request.cookies.get(_VISIT, ""), csrf)
    try:
        with transaction() as session:
            passwords.choose(session, token, new_password, address=client_address(request))
    except InvalidInput as error:
        return _form(request, token=token, error=error.detail, status=422)
    except NotFound as error:
        return render(request, "login_refused.html", status=404, reason=error.detail)
    access.forget()
    response = render(request, "password_changed.html")
    response.delete_cookie(_VISIT, path=_PATH)
    return response


def _limit(request: Request) -> None:
    limits.take(f"password:{client_address(request)}", per_minute=_PER_MINUTE)


def _form(request: Request, *, token: str, error: str = "", status: int = 200) -> Response:
    try:
        with transaction() as session:
            email = passwords.owner_of(session, token).email
    except NotFound as refused:
        return render(request, "login_refused.html", status=404, reason=refused.detail)
    return _shown(request, "password_reset.html", status=status, token=token, email=email, error=error)


def _shown(request: Request, template: str, *, status: int = 200, **values: str | bool) -> HTMLResponse:
    visit = request.cookies.get(_VISIT) or secrets.token_urlsafe(32)
    response = render(
        request, template, viewer=None, status=status, csrf=credentials.csrf_token(visit), **values
    )
    set_cookie(response, _VISIT, visit, path=_PATH, valid_s=_VALID_S)
    # The link is the secret: it must not be told to a page that is opened next.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
