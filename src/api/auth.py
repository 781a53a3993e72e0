"""OAuth 2 for staff: tokens for mail address and password, refreshed by a token that serves once, and taken back."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from accounts import access, login_sessions, passwords, tokens, users
from accounts.access import authenticate, bearer_secret, limit_address
from accounts.permissions import Permission, Principal
from accounts.tokens import Pair
from runtime.database import transaction
from runtime.errors import Forbidden, InvalidInput
from runtime.web import client_address

router = APIRouter(prefix="/auth", tags=["auth"])


class Token(BaseModel):
    """`refresh_token` serves once, for the next pair; shown a second time it ends the session for everybody."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105  # the kind of token, not a secret
    expires_in: int
    refresh_token: Annotated[str, Field(examples=["dfr_…"])]
    refresh_expires_in: Annotated[int, Field(examples=[tokens.REFRESH_S])]


class Me(BaseModel):
    """Who the credentials belong to; of a program's key `id` is the key's."""

    id: Annotated[str, Field(examples=["AGENT-7Q4K2M9X"])]
    name: Annotated[str, Field(examples=["Alice"])]
    permissions: Annotated[list[Permission], Field(examples=[["tickets:read"]])]


class NewPassword(BaseModel):
    """Both as they are typed; the new one has ten characters or more."""

    model_config = ConfigDict(extra="forbid")

    old_password: Annotated[str, Field(max_length=1000, examples=["correct horse battery"])]
    new_password: Annotated[str, Field(max_length=1000, examples=["staple of another horse"])]


def _known(request: Request) -> Principal:
    limit_address(request)
    return authenticate(bearer_secret(request))


@router.post("/token", summary="Get a bearer token")
def issue_token(
    request: Request,
    username: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    refresh_token: Annotated[str, Form(max_length=200)] = "",
    grant_type: Annotated[Literal["password", "refresh_token"], Form()] = "password",
) -> Token:
    """At most ten tries a minute for one address or one account."""
    address = client_address(request)
    if grant_type == "refresh_token":
        limit_address(request)
        return _shown(tokens.exchange(refresh_token, address=address))
    if not username or not password:
        raise InvalidInput("username and password are needed.", field="password" if username else "username")
    client = request.headers.get("user-agent", "")
    with transaction() as session:
        user = users.log_in(session, username, password, address=address)
        return _shown(tokens.start(session, user, address=address, client=client))


@router.post("/revoke", summary="End the session of a token", status_code=204)
def revoke(request: Request) -> Response:
    """Of the access token that is sent as the bearer. Its refresh token serves no more."""
    limit_address(request)
    secret = bearer_secret(request)
    principal = authenticate(secret)
    if principal.user_id is None:
        raise Forbidden("A key is revoked by DELETE /api/v1/keys/{key_id}.")
    with transaction() as session:
        session_id = tokens.session_id_of(secret)
        login_sessions.end(session, session_id, by=principal.public_id, user_id=principal.user_id)
    access.forget()
    return Response(status_code=204)


@router.post("/password", summary="Change your password")
def change_password(
    body: NewPassword, principal: Annotated[Principal, Depends(_known)], request: Request
) -> Token:
    """Every login of the account ends, this one too; the answer is the first pair of a new one."""
    if principal.user_id is None:
        raise Forbidden("A key has no password; it is rotated by POST /api/v1/keys/{key_id}/rotate.")
    address, client = client_address(request), request.headers.get("user-agent", "")
    with transaction() as session:
        user = passwords.change(
            session, principal.user_id, old=body.old_password, new=body.new_password, address=address
        )
        pair = tokens.start(session, user, address=address, client=client)
    access.forget()
    return _shown(pair)


@router.get("/me", summary="Who am I?")
def read_me(request: Request) -> Me:
    limit_address(request)
    principal = authenticate(bearer_secret(request))
    return Me(id=principal.public_id, name=principal.name, permissions=sorted(principal.permissions))


def _shown(pair: Pair) -> Token:
    return Token(
        access_token=pair.access_token,
        expires_in=tokens.TOKEN_S,
        refresh_token=pair.refresh_token,
        refresh_expires_in=tokens.REFRESH_S,
    )
