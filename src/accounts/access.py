"""FastAPI dependencies: who is asking. Doors use them; rights stand in `permissions`."""

import time
from collections.abc import Callable

from fastapi import Request

from accounts import api_keys, audit, credentials
from accounts.fingerprints import fingerprint
from accounts.permissions import Permission, Principal
from runtime import limits, telemetry
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
telemetry.watch_cache("principals", lambda: len(_known))


def authenticate(secret: str) -> Principal:
    """Who shows this secret. Remembered for five seconds, so a revoked one is refused within five."""
    principal, is_fresh = _recognised(secret)
    audit.note_who(principal)
    api_keys.note_use(principal)
    if is_fresh:
        with transaction() as session:
            api_keys.write_uses(session)
    return principal


def recognise(secret: str) -> Principal:
    """The same, without counting it as a use: for what looks at a request before its route does."""
    return _recognised(secret)[0]


def _recognised(secret: str) -> tuple[Principal, bool]:
    digest = fingerprint(secret)
    found = _known.get(digest)
    is_known = bool(found and time.monotonic() < found[0])
    telemetry.record_cache("principals", is_known)
    if found and is_known:
        return found[1], False
    with transaction() as session:
        principal = credentials.by_bearer(session, secret)
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[digest] = (time.monotonic() + _KNOWN_S, principal)
    return principal, True


def forget() -> None:
    """Forget who was recognised: a key or session that was just ended is refused by this process at once."""
    _known.clear()


def allowed(permission: Permission) -> Callable[[Request], Principal]:
    """A dependency that lets in who has `permission`."""

    def check(request: Request) -> Principal:
        limit_address(request)
        principal = authenticate(bearer_secret(request))
        principal.require(permission)
        return principal

    check.permission = permission  # type: ignore[attr-defined]  # read by the test that walks all routes
    return check
