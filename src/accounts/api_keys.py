"""API keys of programs: made, rotated with an overlap, revoked, and counted by the hour."""

import secrets
import threading
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from accounts import audit
from accounts.audit import Action
from accounts.fingerprints import fingerprint
from accounts.models import ApiKey, ApiKeyUse
from accounts.permissions import Permission, Principal
from runtime.errors import Conflict, Forbidden, InvalidInput, NotAuthenticated, NotFound

PREFIX = "dfk_"
OVERLAP_H = 24
_BYTES = 32
_USES_KEPT = timedelta(days=90)
_UNKNOWN = "The credentials are not valid, or not any more."

_lock = threading.Lock()
_uncounted: Counter[tuple[int, datetime]] = Counter()


@dataclass(frozen=True)
class NewKey:
    """What a key is to be. `alert_per_hour`: more uses in an hour raise an alert."""

    name: str
    scopes: Sequence[str]
    valid_days: int | None = None
    alert_per_hour: int | None = None


@dataclass(frozen=True)
class MadeKey:
    """A key with its secret, which is shown once and kept only as a hash."""

    key: ApiKey
    secret: str


@dataclass(frozen=True)
class ListedKey:
    key: ApiKey
    used_today: int

    @property
    def state(self) -> str:
        """`valid`, `replaced` (still valid for a while), `expired` or `revoked`."""
        if self.key.revoked_at:
            return "revoked"
        if self.key.expires_at and self.key.expires_at <= datetime.now(UTC):
            return "expired"
        return "replaced" if self.key.replaced_by else "valid"


def public_id(key: ApiKey) -> str:
    return f"KEY-{key.id}"


def create(session: Session, new: NewKey, *, by: str, may: Collection[Permission] | None = None) -> MadeKey:
    """A new key. `may`: who makes it cannot give more than this. Raises InvalidInput or Forbidden."""
    unknown = [scope for scope in new.scopes if scope not in list(Permission)]
    if unknown or not new.scopes:
        raise InvalidInput(f"Unknown scope {unknown}: use some of {', '.join(Permission)}.", field="scopes")
    _refuse_beyond(new.scopes, may)
    made = _insert(session, new, by=by)
    _tell(session, Action.CREATE_KEY, made.key, by=by, scopes=sorted(set(new.scopes)))
    return made


def rotate(
    session: Session,
    wanted: str,
    *,
    by: str,
    overlap_h: int = OVERLAP_H,
    may: Collection[Permission] | None = None,
) -> MadeKey:
    """A successor with the same name, scopes and term. The old secret opens for `overlap_h` hours more.

    Raises NotFound, Forbidden as `create`, or Conflict for a key that is not valid any more or was replaced already.
    """
    old = find(session, wanted, for_update=True)
    _refuse_beyond(old.scopes, may)
    if ListedKey(old, 0).state != "valid":
        raise Conflict(f"{public_id(old)} is {ListedKey(old, 0).state}: make a new key.", field="key")
    term = round((old.expires_at - old.created_at) / timedelta(days=1)) if old.expires_at else None
    made = _insert(session, NewKey(old.name, old.scopes, term, old.alert_per_hour), by=by)
    until = datetime.now(UTC) + timedelta(hours=overlap_h)
    old.expires_at = min(until, old.expires_at) if old.expires_at else until
    old.replaced_by = made.key.id
    session.flush()
    _tell(session, Action.ROTATE_KEY, old, by=by, successor=public_id(made.key))
    return made


def revoke(session: Session, wanted: str, *, by: str) -> ApiKey:
    """It opens nothing from now on; other processes that know it still take it for five seconds."""
    key = find(session, wanted, for_update=True)
    if key.revoked_at is None:
        key.revoked_at = datetime.now(UTC)
        session.flush()
        _tell(session, Action.REVOKE_KEY, key, by=by)
    return key


def find(session: Session, wanted: str, *, for_update: bool = False) -> ApiKey:
    """By `KEY-…`. Raises NotFound."""
    number = wanted.strip().upper().removeprefix("KEY-")
    known = number.isascii() and number.isdigit() and int(number) < 2**63
    query = select(ApiKey).where(ApiKey.id == int(number)) if known else None
    key = (
        session.scalars(query.with_for_update() if for_update else query).first()
        if query is not None
        else None
    )
    if key is None:
        raise NotFound(f"There is no API key {wanted[:40]}.")
    return key


def list_keys(session: Session) -> list[ListedKey]:
    """The newest first, with how often each was used in the last 24 hours."""
    used = (
        select(func.coalesce(func.sum(ApiKeyUse.used), 0))
        .where(ApiKeyUse.key_id == ApiKey.id, ApiKeyUse.hour > func.now() - timedelta(hours=24))
        .scalar_subquery()
    )
    rows = session.execute(select(ApiKey, used).order_by(ApiKey.id.desc()))
    return [ListedKey(key, int(count)) for key, count in rows]


def by_secret(session: Session, secret: str) -> Principal:
    """Who shows this key; notes that it was used. Raises NotAuthenticated."""
    key = session.scalars(
        select(ApiKey).where(
            ApiKey.secret_sha256 == fingerprint(secret),
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now()),
        )
    ).first()
    if key is None:
        raise NotAuthenticated(_UNKNOWN)
    return Principal(public_id(key), key.name, frozenset(Permission(scope) for scope in key.scopes))


def note_use(principal: Principal) -> None:
    """Counted in memory: a row for each request would cost more than the request."""
    if principal.user_id is None and principal.public_id.startswith("KEY-"):
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        with _lock:
            _uncounted[int(principal.public_id.removeprefix("KEY-")), hour] += 1


def write_uses(session: Session) -> None:
    """What was counted since the last time. A process that is killed loses the uses of some seconds."""
    with _lock:
        counted = dict(_uncounted)
        _uncounted.clear()
    for (key_id, hour), uses in sorted(counted.items()):
        known = session.scalar(
            update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=func.now()).returning(ApiKey.id)
        )
        if known is None:
            continue
        row = upsert(ApiKeyUse).values(key_id=key_id, hour=hour, used=uses)
        session.execute(
            row.on_conflict_do_update(
                index_elements=[ApiKeyUse.key_id, ApiKeyUse.hour],
                set_={"used": ApiKeyUse.used + row.excluded.used},
            )
        )


def over_threshold(session: Session) -> list[tuple[ApiKey, int]]:
    """Keys that were used more often in this hour or the last one than their threshold allows, with how often."""
    rows = session.execute(
        select(ApiKey, func.max(ApiKeyUse.used))
        .join(ApiKeyUse, ApiKeyUse.key_id == ApiKey.id)
        .where(
            ApiKey.revoked_at.is_(None),
            ApiKeyUse.used > ApiKey.alert_per_hour,
            ApiKeyUse.hour > func.now() - timedelta(hours=2),
        )
        .group_by(ApiKey.id)
        .order_by(ApiKey.id)
    )
    return [(key, int(used)) for key, used in rows]


def forget_old_uses(session: Session) -> None:
    session.execute(delete(ApiKeyUse).where(ApiKeyUse.hour < func.now() - _USES_KEPT))


def _refuse_beyond(scopes: Sequence[str], may: Collection[Permission] | None) -> None:
    """Who makes a key has its secret: it would be a way to more rights."""
    beyond = [scope for scope in scopes if may is not None and scope not in may]
    if beyond:
        raise Forbidden(f"Nobody gives what they may not do themselves: {', '.join(beyond)}.", field="scopes")


def _insert(session: Session, new: NewKey, *, by: str) -> MadeKey:
    secret = PREFIX + secrets.token_urlsafe(_BYTES)
    expires_at = datetime.now(UTC) + timedelta(days=new.valid_days) if new.valid_days else None
    row = insert(ApiKey).values(
        name=new.name,
        secret_sha256=fingerprint(secret),
        scopes=sorted(set(new.scopes)),
        created_by=by,
        alert_per_hour=new.alert_per_hour,
        expires_at=expires_at,
    )
    return MadeKey(session.scalars(row.returning(ApiKey)).one(), secret)


def _tell(session: Session, action: Action, key: ApiKey, *, by: str, **data: str | list[str]) -> None:
    audit.record(session, action, actor=by, target=public_id(key), data=data)
