"""Login by the company's own provider: there, and back."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from accounts import oidc
from console.rendering import render
from console.sessions import local_path, log_in_browser, set_cookie
from runtime import limits
from runtime.database import transaction
from runtime.errors import DeskfleetError, NotAuthenticated
from runtime.web import client_address

router = APIRouter()
_VISIT = "deskfleet_oidc"
_PATH = "/console/oidc"
_PER_MINUTE = 10


@router.get("/oidc")
def leave(request: Request, next: Annotated[str, Query(max_length=500)] = "") -> Response:  # noqa: A002
    """To the provider; the cookie holds what it must come back with."""
    limits.take(f"oidc:{client_address(request)}", per_minute=_PER_MINUTE)
    started = oidc.start(wanted=local_path(next))
    response = RedirectResponse(started.url, status_code=303)
    set_cookie(response, _VISIT, started.cookie, path=_PATH, valid_s=oidc.VALID_S)
    return response


@router.get("/oidc/callback")
def come_back(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    response: Response
    try:
        if not code:
            raise NotAuthenticated("The login was not completed: try again.")
        person, wanted = oidc.finish(request.cookies.get(_VISIT, ""), state=state, code=code)
        response = RedirectResponse(local_path(wanted), status_code=303)
        with transaction() as session:
            user = oidc.enter(session, person, address=client_address(request))
            log_in_browser(session, response, user, request)
    except DeskfleetError as error:
        response = render(request, "login_refused.html", status=403, reason=error.detail)
    response.delete_cookie(_VISIT, path=_PATH)
    return response
