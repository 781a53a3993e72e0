"""REST for admins: accounts of staff, invitations by link, and the logins that are open."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from accounts import access, invitations, login_sessions, passwords, users
from accounts.access import allowed, authenticate, bearer_secret, limit_address
from accounts.invitations import NewInvitation
from accounts.models import Session as Login
from accounts.models import User
from accounts.permissions import ROLES, Permission, Principal, Role
from api.paging import Cursor, Limit, page_of
from runtime.database import transaction
from runtime.errors import Forbidden
from tickets import assignment

router = APIRouter(prefix="/api/v1", tags=["users"])

Admin = Annotated[Principal, Depends(allowed(Permission.MANAGE_USERS))]
Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]


class UserView(BaseModel):
    user_id: Annotated[str, Field(examples=["AGENT-7Q4K2M9X"])]
    email: Annotated[str, Field(examples=["bob@example.com"])]
    name: Annotated[str, Field(examples=["Bob"])]
    role: Role
    last_login_at: datetime | None
    created_at: datetime


class Users(BaseModel):
    users: list[UserView]
    next_cursor: str | None


class Invited(BaseModel):
    """Hand the link to its person: whoever has it within three days becomes the account."""

    email: Annotated[str, Field(examples=["bob@example.com"])]
    role: Role
    link: Annotated[str, Field(examples=["https://desk.example.com/console/invitation?token=…"])]


class Invitation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(min_length=3, max_length=254, examples=["bob@example.com"])]
    role: Role
    name: Annotated[str, Field(max_length=100, examples=["Bob"])] = ""


class NewRole(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Role


class PasswordLink(BaseModel):
    """Hand it to the account's owner: it serves once, for an hour, and makes its holder that account."""

    link: Annotated[str, Field(examples=["https://desk.example.com/console/password/reset?token=…"])]


class SessionView(BaseModel):
    """`kind`: of a browser, or of a program by its tokens."""

    session_id: Annotated[str, Field(examples=["SES-0123456789ABCDEF"])]
    user_id: Annotated[str, Field(examples=["AGENT-7Q4K2M9X"])]
    kind: Literal["browser", "token"]
    address: Annotated[str, Field(examples=["203.0.113.7"])]
    client: Annotated[str, Field(examples=["curl/8.5.0"])]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class Sessions(BaseModel):
    sessions: list[SessionView]
    next_cursor: str | None


@router.get("/users", summary="List accounts")
def list_users(_admin: Admin, limit: Limit = 200, cursor: Cursor = "") -> Users:
    """Those that are open, in order of their names."""
    with transaction() as session:
        found = [_user(one) for one in users.list_users(session)]
    shown, more = page_of(found, lambda one: [one.name, one.user_id], limit=limit, cursor=cursor)
    return Users(users=shown, next_cursor=more)


@router.post("/users/invitations", summary="Invite a colleague", status_code=201)
def invite(body: Invitation, admin: Admin) -> Invited:
    """The link is shown once. Inviting the same address again makes the earlier link void."""
    with transaction() as session:
        link = invitations.invite(session, NewInvitation(body.email, body.role, body.name), by=admin)
    return Invited(email=users.checked_email(body.email), role=body.role, link=link)


@router.put("/users/{user_id}/role", summary="Change the role of an account")
def change_role(user_id: str, body: NewRole, admin: Admin) -> UserView:
    """At once, also for sessions that are open. The last admin stays one."""
    if not ROLES[body.role] <= admin.permissions:
        raise Forbidden(f"Nobody gives what they may not do themselves: the role {body.role}.", field="role")
    with transaction() as session:
        view = _user(users.change_role(session, user_id, body.role, by=admin.public_id))
    access.forget()
    return view


@router.post("/users/{user_id}/password-link", summary="Make a link for a lost password", status_code=201)
def make_password_link(user_id: str, admin: Admin) -> PasswordLink:
    """The link is shown once, and makes an earlier one void. The old password is good until it is used."""
    with transaction() as session:
        return PasswordLink(link=passwords.make_link(session, user_id, by=admin))


@router.delete("/users/{user_id}", summary="Close an account", status_code=204)
def disable(user_id: str, admin: Admin) -> Response:
    """It opens nothing from then on, and its tickets go back to colleagues."""
    with transaction() as session:
        closed = users.disable_user(session, user_id, by=admin.public_id)
        assignment.leave_all(session, closed.public_id)
    access.forget()
    return Response(status_code=204)


@router.get("/sessions", summary="List logins")
def list_sessions(
    reader: Reader,
    every: Annotated[bool, Query(alias="all", description="Needs `users:manage`.")] = False,
    limit: Limit = 200,
    cursor: Cursor = "",
) -> Sessions:
    """One's own, or with `all=true` everybody's; the last begun first."""
    if every:
        reader.require(Permission.MANAGE_USERS)
    with transaction() as session:
        found = login_sessions.list_sessions(session, user_id=None if every else reader.user_id or 0)
        views = [_session(one, user) for one, user in found]
    shown, more = page_of(
        views,
        lambda one: [one.created_at.isoformat(), one.session_id],
        limit=limit,
        cursor=cursor,
        newest_first=True,
    )
    return Sessions(sessions=shown, next_cursor=more)


@router.delete("/sessions/{session_id}", summary="End a login", status_code=204)
def end_session(session_id: str, request: Request) -> Response:
    """One's own; that of somebody else needs `users:manage`."""
    limit_address(request)
    caller = authenticate(bearer_secret(request))
    mine_alone = Permission.MANAGE_USERS not in caller.permissions
    with transaction() as session:
        login_sessions.end(
            session, session_id, by=caller.public_id, user_id=caller.user_id or 0 if mine_alone else None
        )
    access.forget()
    return Response(status_code=204)


def _user(user: User) -> UserView:
    return UserView(
        user_id=user.public_id,
        email=user.email,
        name=user.name,
        role=Role(user.role),
        last_login_at=user.last_login_at,
        created_at=user.created_at,
    )


def _session(one: Login, user: User) -> SessionView:
    return SessionView(
        session_id=one.public_id,
        user_id=user.public_id,
        kind="token" if one.kind == "token" else "browser",
        address=one.address,
        client=one.client,
        created_at=one.created_at,
        last_seen_at=one.last_seen_at,
        expires_at=one.expires_at,
    )
