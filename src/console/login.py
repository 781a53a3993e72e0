"""Log in, log out, and the choice of light or dark."""

import math
import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from accounts import credentials, oidc, users
from console.rendering import THEME, render
from console.sessions import COOKIE, PATH, Posting, check_csrf, local_path, log_in_browser, set_cookie
from runtime.database import transaction
from runtime.errors import DeskfleetError, Forbidden, NotAuthenticated, RateLimited
from runtime.settings import settings
from runtime.web import client_address

router = APIRouter()
_VISIT = "deskfleet_login"  # Binds the login form to this browser: nobody can log a victim in to their own account.
_VISIT_PATH = "/console/login"
_VISIT_S = 3600
_YEAR_S = 365 * 24 * 3600


def _form(request: Request, *, wanted: str, email: str = "", error: str = "", status: int = 200) -> Response:
    visit = request.cookies.get(_VISIT) or secrets.token_urlsafe(32)
    csrf = credentials.csrf_token(visit)
    company = settings().oidc.name if oidc.is_on() else ""
    response = render(
        request,
        "login.html",
        status=status,
        csrf=csrf,
        next=wanted,
        email=email,
        error=error,
        company=company,
    )
    set_cookie(response, _VISIT, visit, path=_VISIT_PATH, valid_s=_VISIT_S)
    return response


@router.get("/login")
def show_login(request: Request, next: str = "") -> Response:  # noqa: A002  # the name of the address's parameter
    return _form(request, wanted=local_path(next))


@router.post("/login")
def log_in(
    request: Request,
    email: Annotated[str, Form(max_length=320)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    csrf: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=500)] = "",  # noqa: A002
) -> Response:
    wanted = local_path(next)
    response = RedirectResponse(wanted, status_code=303)
    try:
        check_csrf(request.cookies.get(_VISIT, ""), csrf)
        with transaction() as session:
            user = users.log_in(session, email.replace("\x00", ""), password, address=client_address(request))
            log_in_browser(session, response, user, request)
    except (NotAuthenticated, RateLimited, Forbidden) as error:
        return _refused(request, error, wanted=wanted, email=email)
    response.delete_cookie(_VISIT, path=_VISIT_PATH)
    return response


def _refused(request: Request, error: DeskfleetError, *, wanted: str, email: str) -> Response:
    if isinstance(error, RateLimited):
        wait_s = max(1, math.ceil(error.retry_after_s))
        text = f"Too many attempts. Wait {wait_s} seconds, then try again."
        response = _form(request, wanted=wanted, email=email, error=text, status=429)
        response.headers["Retry-After"] = str(wait_s)
        return response
    status = 403 if isinstance(error, Forbidden) else 401
    return _form(request, wanted=wanted, email=email, error=error.detail, status=status)


@router.post("/logout")
def log_out(request: Request, _viewer: Posting) -> Response:
    with transaction() as session:
        credentials.end_session(session, request.cookies[COOKIE])
    response = RedirectResponse("/console/login", status_code=303)
    response.delete_cookie(COOKIE, path=PATH)
    return response


@router.post("/theme")
def choose_theme(
    _viewer: Posting,
    theme: Annotated[str, Form(max_length=10)] = "",
    next: Annotated[str, Form(max_length=500)] = "",  # noqa: A002
) -> Response:
    response = RedirectResponse(local_path(next), status_code=303)
    # Readable by script, which switches without a reload: it holds nothing but the word.
    response.set_cookie(
        THEME, "light" if theme == "light" else "dark", max_age=_YEAR_S, path=PATH, samesite="lax"
    )
    return response
