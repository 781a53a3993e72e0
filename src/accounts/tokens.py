"""OAuth 2 tokens: short access tokens (JWT) that name their session, and refresh tokens that serve once.

A refresh token that is shown a second time was stolen by somebody: the whole session ends. Access tokens name the key
that signed them; after a change of `DESKFLEET_SECRET_KEY` those of a retired key are good until they end.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from accounts import audit, models
from accounts.audit import Action
from accounts.fingerprints import fingerprint
from accounts.models import SpentRefreshToken, User
from accounts.permissions import Principal
from accounts.users import principal_of
from runtime.data_folder import retired_secret_keys, secret_key
from runtime.database import transaction
from runtime.errors import NotAuthenticated

TOKEN_S = 900
REFRESH_S = 30 * 24 * 3600
AUDIENCE = "deskfleet-api"
ALGORITHM = "HS256"
_PREFIX = "dfr_"
_CLAIMS = ["exp", "iat", "sub", "aud", "sid"]
_UNKNOWN = "The credentials are not valid, or not any more."
_MOST_CLIENT = 200


@dataclass(frozen=True)
class Pair:
    access_token: str
    refresh_token: str
    session_id: str


def signing_key(secret: bytes) -> bytes:
    """A key for tokens alone: what signs cookies or seals values cannot make one."""
    return hmac.new(secret, b"deskfleet access tokens v1", hashlib.sha512).digest()


def key_id(key: bytes) -> str:
    return hashlib.sha256(b"key id:" + key).hexdigest()[:16]


def start(session: Session, user: User, *, address: str = "", client: str = "") -> Pair:
    """A program's login of one of the staff."""
    refresh = _PREFIX + secrets.token_urlsafe(32)
    row = insert(models.Session).values(
        secret_sha256=fingerprint(refresh),
        user_id=user.id,
        kind="token",
        address=address,
        client=client[:_MOST_CLIENT],
        expires_at=datetime.now(UTC) + timedelta(seconds=REFRESH_S),
    )
    session_id = session.execute(row.returning(models.Session.public_id)).scalar_one()
    return Pair(_signed(user, session_id), refresh, session_id)


def exchange(refresh_token: str, *, address: str = "") -> Pair:
    """The next pair for a refresh token, which serves no more. Raises NotAuthenticated."""
    with transaction() as session:
        pair = _next(session, refresh_token, address=address)
        if pair is None:
            _end_stolen(session, refresh_token, address=address)
    if pair is None:
        raise NotAuthenticated(_UNKNOWN)
    return pair


def _next(session: Session, refresh_token: str, *, address: str) -> Pair | None:
    """One update takes the token away from whoever shows it at the same moment."""
    spent, following = fingerprint(refresh_token), _PREFIX + secrets.token_urlsafe(32)
    session_id = session.scalar(
        update(models.Session)
        .where(
            models.Session.secret_sha256 == spent,
            models.Session.kind == "token",
            models.Session.expires_at > func.now(),
        )
        .values(secret_sha256=fingerprint(following), last_seen_at=func.now(), address=address)
        .returning(models.Session.public_id)
    )
    user = _user_of(session, session_id) if session_id else None
    if user is None or session_id is None:
        return None
    session.execute(insert(SpentRefreshToken).values(secret_sha256=spent, session_id=session_id))
    return Pair(_signed(user, session_id), following, session_id)


def _end_stolen(session: Session, refresh_token: str, *, address: str) -> None:
    row = session.execute(
        select(models.Session, User.public_id)
        .join(SpentRefreshToken, SpentRefreshToken.session_id == models.Session.public_id)
        .join(User, User.id == models.Session.user_id)
        .where(SpentRefreshToken.secret_sha256 == fingerprint(refresh_token))
    ).first()
    if row is None:
        return
    audit.record(session, Action.REUSE_TOKEN, actor=row[1], target=row[0].public_id, address=address)
    session.delete(row[0])
    session.flush()


def by_token(session: Session, token: str) -> Principal:
    """Who shows this access token. Raises NotAuthenticated, also when its session was ended."""
    try:
        key = _keys().get(str(jwt.get_unverified_header(token).get("kid", "")))
        if key is None:
            raise NotAuthenticated(_UNKNOWN)
        claims = jwt.decode(
            token, key, algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": _CLAIMS}
        )
    except jwt.InvalidTokenError:
        raise NotAuthenticated(_UNKNOWN) from None
    user = _user_of(session, str(claims["sid"]))
    if user is None or user.public_id != claims["sub"]:
        raise NotAuthenticated(_UNKNOWN)
    return principal_of(user)


def session_id_of(token: str) -> str:
    """Of a token that `by_token` has accepted."""
    return str(jwt.decode(token, options={"verify_signature": False}).get("sid", ""))


def _user_of(session: Session, session_id: str) -> User | None:
    return session.scalars(
        select(User)
        .join(models.Session, models.Session.user_id == User.id)
        .where(
            models.Session.public_id == session_id,
            models.Session.expires_at > func.now(),
            User.disabled_at.is_(None),
        )
    ).first()


def _signed(user: User, session_id: str) -> str:
    now = datetime.now(UTC)
    claims = {
        "sub": user.public_id,
        "sid": session_id,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + timedelta(seconds=TOKEN_S),
    }
    key = signing_key(secret_key())
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id(key)})


def _keys() -> dict[str, bytes]:
    keys = [signing_key(secret) for secret in (secret_key(), *retired_secret_keys())]
    return {key_id(key): key for key in keys}
