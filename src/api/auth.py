"""POST /auth/token: a bearer token for mail address and password (OAuth 2 password grant)."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel

from accounts import credentials, users
from runtime.database import transaction
from runtime.web import client_address

router = APIRouter(prefix="/auth", tags=["auth"])


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"  # noqa: S105  # the kind of token, not a secret
    expires_in: int


@router.post("/token", summary="Get a bearer token")
def issue_token(
    request: Request,
    username: Annotated[str, Form(max_length=254)],
    password: Annotated[str, Form(max_length=1000)],
    grant_type: Annotated[str, Form(pattern="^password$")] = "password",
) -> Token:
    """At most ten tries a minute for one address or one account."""
    del grant_type
    with transaction() as session:
        user = users.log_in(session, username, password, address=client_address(request))
    return Token(access_token=credentials.issue_token(user), expires_in=credentials.TOKEN_S)
