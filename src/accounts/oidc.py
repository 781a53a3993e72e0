"""Login by the company's own provider: OpenID Connect, authorization code with PKCE.

Who comes back is known by the provider's subject; the first time by a mail address that the provider has verified.
"""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import audit, users
from accounts.audit import Action
from accounts.models import User
from accounts.permissions import Role
from runtime import signing
from runtime.data_folder import secret_key
from runtime.errors import Conflict, Forbidden, NotAuthenticated, NotFound, Unavailable
from runtime.settings import settings

CALLBACK = "/console/oidc/callback"
VALID_S = 600
_PURPOSE = "oidc login"
_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")  # Never a shared secret, and never none.
_TIMEOUT_S = 5.0
_KNOWN_S = 300.0
_LEEWAY_S = 30
_FAILED = "The login was not completed: try again."

_known: dict[str, tuple[float, dict[str, Any]]] = {}


@dataclass(frozen=True)
class Started:
    """Where to send the browser, and what its cookie has to keep until it comes back."""

    url: str
    cookie: str


@dataclass(frozen=True)
class Person:
    """Whom the provider vouches for."""

    subject: str
    email: str
    name: str


def is_on() -> bool:
    return bool(settings().oidc.issuer)


def start(*, wanted: str) -> Started:
    """The way to the provider. Raises NotFound when there is none, Unavailable when it does not answer."""
    if not is_on():
        raise NotFound("There is no company login here.")
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": settings().oidc.client_id,
        "redirect_uri": _redirect_uri(),
        "scope": "openid email profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    kept = {"state": state, "nonce": nonce, "verifier": verifier, "wanted": wanted}
    cookie = signing.sign(secret_key(), _PURPOSE, kept, valid_s=VALID_S)
    url = str(_discovered()["authorization_endpoint"])
    return Started(f"{url}{'&' if '?' in url else '?'}{urlencode(query)}", cookie)


def finish(cookie: str, *, state: str, code: str) -> tuple[Person, str]:
    """Who logged in at the provider, and the page that was wanted. Raises NotAuthenticated or Unavailable."""
    kept = signing.verify(secret_key(), _PURPOSE, cookie)
    if kept is None or not hmac.compare_digest(str(kept["state"]).encode(), state.encode()):
        raise NotAuthenticated(_FAILED)
    token = _id_token(code, verifier=str(kept["verifier"]))
    return _person(token, nonce=str(kept["nonce"])), str(kept["wanted"])


def enter(session: Session, person: Person, *, address: str) -> User:
    """The account of this person, made when the settings say so. Raises Forbidden."""
    user = session.scalars(select(User).where(User.oidc_subject == person.subject)).first()
    user = user or users.find_by_email(session, person.email)
    if user is None:
        user = _new_account(session, person)
    if user.disabled_at is not None or user.oidc_subject not in (None, person.subject):
        raise Forbidden("This account may not log in here.")
    user.oidc_subject = person.subject
    session.flush()
    return users.welcome(session, user, address=address, way="oidc")


def _new_account(session: Session, person: Person) -> User:
    role = settings().oidc.new_accounts
    if not role:
        raise Forbidden("There is no account for you here: ask an admin of your desk for an invitation.")
    try:
        user = users.add_user(session, person.email, name=person.name, role=Role(role), password_hash="")
    except Conflict:  # It is there and disabled.
        raise Forbidden("This account may not log in here.") from None
    data = {"role": role, "by": "oidc"}
    audit.record(session, Action.CREATE_USER, actor=user.public_id, target=user.public_id, data=data)
    return user


def forget() -> None:
    """Ask the provider for its addresses and keys again (tests)."""
    _known.clear()


def _redirect_uri() -> str:
    return settings().public_url + CALLBACK


def _id_token(code: str, *, verifier: str) -> str:
    chosen = settings().oidc
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": _redirect_uri(),
        "code_verifier": verifier,
    }
    login = (chosen.client_id, chosen.client_secret.get_secret_value())
    given = _asked("POST", str(_discovered()["token_endpoint"]), data=form, auth=login)
    token = given.get("id_token")
    if not isinstance(token, str):
        raise NotAuthenticated(_FAILED)
    return token


def _person(token: str, *, nonce: str) -> Person:
    chosen = settings().oidc
    try:
        claims = jwt.decode(
            token,
            _key_for(jwt.get_unverified_header(token)),
            algorithms=_ALGORITHMS,
            audience=chosen.client_id,
            issuer=chosen.issuer,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.PyJWTError:
        raise NotAuthenticated(_FAILED) from None
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise NotAuthenticated(_FAILED)
    if not claims.get("email") or claims.get("email_verified") is not True:
        raise Forbidden("The provider has not verified your mail address.")
    email = users.checked_email(str(claims["email"]))
    return Person(f"{chosen.issuer}|{claims['sub']}", email, str(claims.get("name", "")))


def _key_for(header: dict[str, Any]) -> jwt.PyJWK:
    """The provider's key; one that is not known yet is asked for, because providers change them."""
    address = str(_discovered()["jwks_uri"])
    for fresh in (False, True):
        keys = jwt.PyJWKSet.from_dict(_remembered(address, fresh=fresh)).keys
        if found := next((key for key in keys if key.key_id == header.get("kid")), None):
            return found
    raise jwt.InvalidKeyError


def _discovered() -> dict[str, Any]:
    """What the provider says of itself; it must speak of the issuer that was configured."""
    issuer = settings().oidc.issuer
    found = _remembered(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise Unavailable("The login provider calls itself by another name than DESKFLEET_OIDC_ISSUER.")
    return found


def _remembered(address: str, *, fresh: bool = False) -> dict[str, Any]:
    until, found = _known.get(address, (0.0, {}))
    if fresh or time.monotonic() >= until:
        found = _asked("GET", address)
        _known[address] = (time.monotonic() + _KNOWN_S, found)
    return found


def _asked(method: str, address: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401  # as httpx takes it
    try:
        response = httpx.request(method, address, timeout=_TIMEOUT_S, follow_redirects=False, **request)
        found = response.json() if response.is_success else None
    except (httpx.HTTPError, ValueError):
        raise Unavailable("The login provider does not answer: try again in a moment.") from None
    if response.is_client_error:
        raise NotAuthenticated(_FAILED)
    if not isinstance(found, dict):
        raise Unavailable("The login provider does not answer as it should: try again in a moment.")
    return found
