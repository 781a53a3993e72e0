"""What a request can show: a browser's session cookie, a bearer token, or an API key."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from accounts import api_keys, models, tokens
from accounts.fingerprints import fingerprint
from accounts.permissions import Principal
from accounts.users import principal_of
from runtime.data_folder import secret_key
from runtime.errors import NotAuthenticated

SESSION_S = 12 * 3600
_UNKNOWN = "The credentials are not valid, or not any more."
_SEEN_EVERY = timedelta(minutes=1)
_MOST_CLIENT = 200


def start_session(session: Session, user: models.User, *, address: str = "", client: str = "") -> str:
    """A new browser session; returns the cookie's value. Sessions that ended are forgotten."""
    secret = secrets.token_urlsafe(32)
    session.execute(delete(models.Session).where(models.Session.expires_at < func.now()))
    session.execute(
        insert(models.Session).values(
            secret_sha256=fingerprint(secret),
            user_id=user.id,
            address=address,
            client=client[:_MOST_CLIENT],
            expires_at=datetime.now(UTC) + timedelta(seconds=SESSION_S),
        )
    )
    return secret


def end_session(session: Session, secret: str) -> None:
    session.execute(delete(models.Session).where(models.Session.secret_sha256 == fingerprint(secret)))


def by_session(session: Session, secret: str) -> Principal:
    row = session.execute(
        select(models.User, models.Session.last_seen_at)
        .join(models.Session, models.Session.user_id == models.User.id)
        .where(
            models.Session.secret_sha256 == fingerprint(secret),
            models.Session.kind == "browser",
            models.Session.expires_at > func.now(),
            models.User.disabled_at.is_(None),
        )
    ).first()
    if row is None:
        raise NotAuthenticated(_UNKNOWN)
    user, seen_at = row
    if datetime.now(UTC) - seen_at > _SEEN_EVERY:
        mine = models.Session.secret_sha256 == fingerprint(secret)
        session.execute(update(models.Session).where(mine).values(last_seen_at=func.now()))
    return principal_of(user)


def csrf_token(session_secret: str) -> str:
    """Bound to the session: another site can neither read nor guess it."""
    return hashlib.sha256(b"csrf:" + secret_key() + session_secret.encode()).hexdigest()


def by_bearer(session: Session, secret: str) -> Principal:
    """An API key or a token. Raises NotAuthenticated."""
    find = api_keys.by_secret if secret.startswith(api_keys.PREFIX) else tokens.by_token
    return find(session, secret)


def create_api_key(session: Session, name: str, *, scopes: list[str], valid_days: int | None = None) -> str:
    """A new key of the command line; returns its secret, which is shown once and kept only as a hash."""
    return api_keys.create(session, api_keys.NewKey(name, scopes, valid_days), by="command").secret
