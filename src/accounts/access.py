"""FastAPI dependencies: who is asking. Doors use them; rights stand in `permissions`."""

import hashlib
import time
from collections.abc import Callable

from fastapi import Request

from accounts import credentials
from accounts.permissions import Permission, Principal
from runtime import limits
from runtime.database import transaction
from runtime.errors import NotAuthenticated
from runtime.settings import settings
from runtime.web import client_address, listed


def bearer_secret(request: Request) -> str:
    """The secret of `Authorization: Bearer …` or `X-API-Key`."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        return secret.strip()
    if key := request.headers.get("x-api-key"):
        return key
    raise NotAuthenticated("Send a bearer token (POST /auth/token) or an API key (X-API-Key).")


def limit_address(request: Request) -> None:
    """One bucket per address, unless it is on the allow-list."""
    web = settings().web
    address = client_address(request)
    if address not in listed(web.rate_allow):
        limits.take(f"ip:{address}", per_minute=web.rate_per_minute)


_KNOWN_S = 5.0
_MOST_KNOWN = 1_000
_known: dict[str, tuple[float, Principal]] = {}


def authenticate(secret: str) -> Principal:
    """Who shows this secret. Remembered for five seconds, so a revoked one is refused within five."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    found = _known.get(digest)
    if found and time.monotonic() < found[0]:
        return found[1]
    with transaction() as session:
        principal = credentials.by_bearer(session, secret)
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[digest] = (time.monotonic() + _KNOWN_S, principal)
    return principal


def forget() -> None:
    """Forget who was recognised (tests)."""
    _known.clear()


def allowed(permission: Permission) -> Callable[[Request], Principal]:
    """A dependency that lets in who has `permission`."""

    def check(request: Request) -> Principal:
        limit_address(request)
        principal = authenticate(bearer_secret(request))
        principal.require(permission)
        return principal

    return check
