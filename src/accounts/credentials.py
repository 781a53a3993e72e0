"""What a request can show: a browser's session cookie, a bearer token, or an API key."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

import jwt
from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from accounts import models
from accounts.permissions import Permission, Principal
from accounts.users import principal_of
from runtime.data_folder import secret_key
from runtime.errors import InvalidInput, NotAuthenticated

TOKEN_S = 900
SESSION_S = 12 * 3600
_KEY_PREFIX = "dfk_"
_AUDIENCE = "deskfleet-api"
_UNKNOWN = "The credentials are not valid, or not any more."


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def start_session(session: Session, user: models.User) -> str:
    """A new browser session; returns the cookie's value. Sessions that ended are forgotten."""
    secret = secrets.token_urlsafe(32)
    session.execute(delete(models.Session).where(models.Session.expires_at < func.now()))
    session.execute(
        insert(models.Session).values(
            secret_sha256=_sha256(secret),
            user_id=user.id,
            expires_at=datetime.now(UTC) + timedelta(seconds=SESSION_S),
        )
    )
    return secret


def end_session(session: Session, secret: str) -> None:
    session.execute(delete(models.Session).where(models.Session.secret_sha256 == _sha256(secret)))


def by_session(session: Session, secret: str) -> Principal:
    user = session.scalars(
        select(models.User)
        .join(models.Session, models.Session.user_id == models.User.id)
        .where(
            models.Session.secret_sha256 == _sha256(secret),
            models.Session.expires_at > func.now(),
            models.User.disabled_at.is_(None),
        )
    ).first()
    if user is None:
        raise NotAuthenticated(_UNKNOWN)
    return principal_of(user)


def csrf_token(session_secret: str) -> str:
    """Bound to the session: another site can neither read nor guess it."""
    return hashlib.sha256(b"csrf:" + secret_key() + session_secret.encode()).hexdigest()


def issue_token(user: models.User) -> str:
    """A bearer token for `TOKEN_S` seconds."""
    now = datetime.now(UTC)
    claims = {"sub": user.public_id, "aud": _AUDIENCE, "iat": now, "exp": now + timedelta(seconds=TOKEN_S)}
    return jwt.encode(claims, secret_key(), algorithm="HS256")


def by_bearer(session: Session, secret: str) -> Principal:
    """An API key or a token. Raises NotAuthenticated."""
    return _by_api_key(session, secret) if secret.startswith(_KEY_PREFIX) else _by_token(session, secret)


def _by_token(session: Session, token: str) -> Principal:
    try:
        claims = jwt.decode(
            token,
            secret_key(),
            algorithms=["HS256"],
            audience=_AUDIENCE,
            options={"require": ["exp", "sub", "aud"]},
        )
    except jwt.InvalidTokenError:
        raise NotAuthenticated(_UNKNOWN) from None
    user = session.scalars(
        select(models.User).where(models.User.public_id == claims["sub"], models.User.disabled_at.is_(None))
    ).first()
    if user is None:
        raise NotAuthenticated(_UNKNOWN)
    return principal_of(user)


def _by_api_key(session: Session, secret: str) -> Principal:
    key = session.scalars(
        select(models.ApiKey).where(
            models.ApiKey.secret_sha256 == _sha256(secret),
            models.ApiKey.revoked_at.is_(None),
            or_(models.ApiKey.expires_at.is_(None), models.ApiKey.expires_at > func.now()),
        )
    ).first()
    if key is None:
        raise NotAuthenticated(_UNKNOWN)
    return Principal(f"KEY-{key.id}", key.name, frozenset(Permission(scope) for scope in key.scopes))


def create_api_key(session: Session, name: str, *, scopes: list[str], valid_days: int | None = None) -> str:
    """A new key; returns its secret, which is shown once and kept only as a hash."""
    unknown = [scope for scope in scopes if scope not in list(Permission)]
    if unknown or not scopes:
        raise InvalidInput(f"Unknown scope {unknown}: use some of {', '.join(Permission)}.", field="scopes")
    secret = _KEY_PREFIX + secrets.token_urlsafe(32)
    session.execute(
        insert(models.ApiKey).values(
            name=name,
            secret_sha256=_sha256(secret),
            scopes=scopes,
            expires_at=datetime.now(UTC) + timedelta(days=valid_days) if valid_days else None,
        )
    )
    return secret
