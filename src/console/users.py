"""The team: accounts of staff, their roles, and invitations by link. For admins."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from accounts import access, invitations, passwords, users
from accounts.invitations import NewInvitation
from accounts.permissions import ROLES, Permission, Role
from console import queue
from console.rendering import render
from console.sessions import Looking, Posting, Viewer
from runtime.database import transaction
from runtime.errors import Conflict, DeskfleetError, Forbidden, InvalidInput
from tickets import assignment

router = APIRouter()
ADDRESS = "/console/users"
UserId = Annotated[str, Path(pattern=r"^AGENT-[0-9A-Z]{8}$")]

# What a role is for, as the page says it.
ROLE_WORDS: dict[Role, str] = {
    Role.ADMIN: "everything, with accounts, keys, the audit log and erasures",
    Role.MANAGER: "works tickets, edits articles, sees originals, exports customers",
    Role.AGENT: "works tickets and decides about actions",
    Role.READONLY: "reads tickets and articles",
}


@dataclass(frozen=True)
class Handed:
    """A link that is shown this once, or the address for which none could be made."""

    email: str = ""
    link: str = ""
    lasts: str = "three days"


def _manager(viewer: Looking) -> Viewer:
    viewer.principal.require(Permission.MANAGE_USERS)
    return viewer


def _changer(viewer: Posting) -> Viewer:
    viewer.principal.require(Permission.MANAGE_USERS)
    return viewer


Managing = Annotated[Viewer, Depends(_manager)]
Changing = Annotated[Viewer, Depends(_changer)]


@router.get("/users")
def list_users(request: Request, viewer: Managing) -> HTMLResponse:
    return _page(request, viewer)


@router.post("/users/invite")
def invite(
    request: Request,
    viewer: Changing,
    email: Annotated[str, Form(max_length=254)] = "",
    role: Annotated[Role, Form()] = Role.AGENT,
    name: Annotated[str, Form(max_length=100)] = "",
) -> HTMLResponse:
    """The link is shown this once."""
    try:
        with transaction() as session:
            link = invitations.invite(session, NewInvitation(email, role, name), by=viewer.principal)
    except (InvalidInput, Conflict) as error:
        return _page(request, viewer, handed=Handed(email), error=error, status=422)
    return _page(request, viewer, handed=Handed(email, link))


@router.post("/users/withdraw")
def withdraw(viewer: Changing, email: Annotated[str, Form(max_length=254)] = "") -> Response:
    with transaction() as session:
        invitations.withdraw(session, email, by=viewer.principal.public_id)
    return RedirectResponse(ADDRESS, status_code=303)


@router.post("/users/{user_id}/role")
def change_role(
    request: Request, viewer: Changing, user_id: UserId, role: Annotated[Role, Form()]
) -> Response:
    if not ROLES[role] <= viewer.principal.permissions:
        raise Forbidden(f"Nobody gives what they may not do themselves: the role {role}.")
    return _changed(
        request,
        viewer,
        lambda session: users.change_role(session, user_id, role, by=viewer.principal.public_id),
    )


@router.post("/users/{user_id}/password")
def make_password_link(request: Request, viewer: Changing, user_id: UserId) -> HTMLResponse:
    """The link is shown this once."""
    try:
        with transaction() as session:
            email = users.find_open(session, user_id).email
            link = passwords.make_link(session, user_id, by=viewer.principal)
    except Conflict as error:
        return _page(request, viewer, error=error, status=409)
    return _page(request, viewer, handed=Handed(email, link, "an hour"))


@router.post("/users/{user_id}/close")
def close(request: Request, viewer: Changing, user_id: UserId) -> Response:
    def work(session: Session) -> None:
        closed = users.disable_user(session, user_id, by=viewer.principal.public_id)
        assignment.leave_all(session, closed.public_id)

    return _changed(request, viewer, work)


def _changed(request: Request, viewer: Viewer, work: Callable[[Session], object]) -> Response:
    try:
        with transaction() as session:
            work(session)
    except Conflict as error:
        return _page(request, viewer, error=error, status=409)
    access.forget()
    return RedirectResponse(ADDRESS, status_code=303)


def _page(
    request: Request,
    viewer: Viewer,
    *,
    handed: Handed = Handed(),
    error: DeskfleetError | None = None,
    status: int = 200,
) -> HTMLResponse:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        found = users.list_users(session)
        open_invitations = invitations.list_open(session)
    return render(
        request,
        "users.html",
        viewer=viewer,
        status=status,
        views=queue.VIEWS,
        counts=counts,
        found=found,
        invited=open_invitations,
        roles=ROLE_WORDS,
        link=handed.link,
        email=handed.email,
        lasts=handed.lasts,
        error=error.detail if error else "",
    )
