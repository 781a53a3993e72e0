"""Who is looking: the session cookie, the CSRF token, and what each page asks of the viewer."""

import hmac
import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Header, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from accounts import audit, credentials
from accounts.models import User
from accounts.permissions import Permission, Principal
from runtime.database import transaction
from runtime.errors import Forbidden, NotAuthenticated
from runtime.settings import settings
from runtime.web import client_address

COOKIE = "deskfleet_session"
PATH = "/console"
_LOCAL = re.compile(r"/console/[A-Za-z0-9_/-]*(\?[A-Za-z0-9_=&%.+-]*)?")


@dataclass(frozen=True)
class Viewer:
    """One of the staff, logged in."""

    principal: Principal
    csrf: str

    @property
    def may_work(self) -> bool:
        return Permission.WORK_TICKETS in self.principal.permissions

    @property
    def may_read_articles(self) -> bool:
        return Permission.READ_KNOWLEDGE in self.principal.permissions

    @property
    def may_write_articles(self) -> bool:
        return Permission.WRITE_KNOWLEDGE in self.principal.permissions

    @property
    def may_manage_users(self) -> bool:
        return Permission.MANAGE_USERS in self.principal.permissions

    @property
    def may_manage_keys(self) -> bool:
        return Permission.MANAGE_KEYS in self.principal.permissions

    @property
    def may_read_audit(self) -> bool:
        return Permission.READ_AUDIT in self.principal.permissions

    @property
    def may_read_figures(self) -> bool:
        return Permission.READ_FIGURES in self.principal.permissions

    @property
    def may_export_customers(self) -> bool:
        return Permission.EXPORT_CUSTOMERS in self.principal.permissions

    @property
    def may_manage_desk(self) -> bool:
        return Permission.MANAGE_DESK in self.principal.permissions

    @property
    def may_see_originals(self) -> bool:
        return Permission.READ_VAULT in self.principal.permissions


def viewer(request: Request) -> Viewer:
    """Raises NotAuthenticated without a live session, Forbidden for who may not read tickets."""
    secret = request.cookies.get(COOKIE, "")
    if not secret:
        raise NotAuthenticated("Log in to go on.")
    with transaction() as session:
        principal = credentials.by_session(session, secret)
    audit.note_who(principal)
    principal.require(Permission.READ_TICKETS)
    return Viewer(principal, credentials.csrf_token(secret))


def check_csrf(secret: str, given: str) -> None:
    """Raises Forbidden when a form did not come from a page of this session."""
    if not secret or not hmac.compare_digest(credentials.csrf_token(secret).encode(), given.encode()):
        raise Forbidden("This form is out of date: reload the page and try again.")


def poster(
    request: Request,
    seen: Annotated[Viewer, Depends(viewer)],
    csrf: Annotated[str, Form()] = "",
    x_csrf_token: Annotated[str, Header()] = "",
) -> Viewer:
    """The viewer of a form that was really sent from our page."""
    check_csrf(request.cookies.get(COOKIE, ""), csrf or x_csrf_token)
    return seen


def worker(seen: Annotated[Viewer, Depends(poster)]) -> Viewer:
    """The same, who may change tickets."""
    seen.principal.require(Permission.WORK_TICKETS)
    return seen


def log_in_browser(session: Session, response: Response, user: User, request: Request) -> None:
    """A new session for this browser, whichever way its owner was recognised."""
    client = request.headers.get("user-agent", "").replace("\0", "")
    secret = credentials.start_session(session, user, address=client_address(request), client=client)
    set_cookie(response, COOKIE, secret, valid_s=credentials.SESSION_S)


def set_cookie(response: Response, name: str, value: str, *, path: str = PATH, valid_s: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=valid_s,
        path=path,
        httponly=True,
        samesite="lax",
        secure=settings().web.cookie_secure,
    )


def local_path(wanted: str, *, otherwise: str = "/console/queue") -> str:
    """`wanted` when it is a page of the console: a login must not lead to another site."""
    return wanted if _LOCAL.fullmatch(wanted) else otherwise


Looking = Annotated[Viewer, Depends(viewer)]
Posting = Annotated[Viewer, Depends(poster)]
Working = Annotated[Viewer, Depends(worker)]
