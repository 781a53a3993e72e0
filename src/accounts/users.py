"""Staff accounts: created by a command or an invitation, recognised by password. No default password anywhere."""

import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from pwdlib import PasswordHash
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts import audit, models
from accounts.audit import Action
from accounts.models import User
from accounts.permissions import ROLES, Permission, Principal, Role
from runtime import limits
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotAuthenticated, NotFound

_MIN_PASSWORD = 10
_LOGINS_PER_MINUTE = 10
_FAILURES_TO_LOCK = 10
_LOCKED_FOR = timedelta(minutes=15)
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@lru_cache(maxsize=1)
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    """Verified when the account does not exist, so that the answer takes as long."""
    return _hasher().hash(secrets.token_hex(16))


def checked_email(email: str) -> str:
    """As it is kept. Raises InvalidInput."""
    email = email.strip().lower()
    if not re.fullmatch(r"[^@\s\0]+@[^@\s\0]+", email):
        raise InvalidInput(f"{email[:80]!r} is not a mail address.", field="email")
    return email


def hashed(password: str) -> str:
    """Argon2, for which the caller waits. Raises InvalidInput for one that is too short."""
    if len(password) < _MIN_PASSWORD:
        raise InvalidInput(f"The password is shorter than {_MIN_PASSWORD} characters.", field="password")
    return _hasher().hash(password)


def create_user(session: Session, email: str, *, name: str, role: Role, password: str) -> User:
    """A new account. Raises InvalidInput or Conflict naming what is wrong."""
    email = checked_email(email)
    return add_user(session, email, name=name, role=role, password_hash=hashed(password))


def add_user(session: Session, email: str, *, name: str, role: Role, password_hash: str) -> User:
    """The row of a new account; without a hash no password opens it. Raises Conflict."""
    row = insert(User).values(
        public_id="AGENT-" + "".join(secrets.choice(_LETTERS) for _ in range(8)),
        email=email,
        name=name.strip() or email,
        role=role,
        password_hash=password_hash,
    )
    created = session.scalars(row.on_conflict_do_nothing(index_elements=[User.email]).returning(User)).first()
    if created is None:
        raise Conflict(f"There is an account for {email} already.", field="email")
    return created


def disable_user(session: Session, wanted: str, *, by: str = audit.COMMAND) -> User:
    """Close an account, named by its mail address or id: its password, sessions and tokens open nothing any more.

    What is assigned to it is for the caller to give back. Raises NotFound, or Conflict for the last account that
    may manage accounts.
    """
    user = _found_to_change(session, wanted, but_last=True)
    user.disabled_at = func.now()
    session.flush()
    session.execute(delete(models.Session).where(models.Session.user_id == user.id))
    audit.record(session, Action.DISABLE_USER, actor=by, target=user.public_id)
    return user


def change_role(session: Session, wanted: str, role: Role, *, by: str) -> User:
    """Raises NotFound, or Conflict for the last account that may manage accounts."""
    manages = Permission.MANAGE_USERS in ROLES[role]
    user = _found_to_change(session, wanted, but_last=not manages)
    if user.role != role:
        data = {"from": user.role, "to": str(role)}
        user.role = role
        session.flush()
        audit.record(session, Action.CHANGE_ROLE, actor=by, target=user.public_id, data=data)
    return user


def _found_to_change(session: Session, wanted: str, *, but_last: bool) -> User:
    enabled = session.scalars(
        select(User).where(User.disabled_at.is_(None)).order_by(User.id).with_for_update()
    ).all()
    user = _named(enabled, wanted)
    managing = [one for one in enabled if Permission.MANAGE_USERS in ROLES[Role(one.role)]]
    if but_last and managing == [user]:
        raise Conflict("This is the last account that may manage accounts.", field="email")
    return user


def find_open(session: Session, wanted: str) -> User:
    """The account of this mail address or id, to be changed. Raises NotFound."""
    return _named(session.scalars(select(User).where(User.disabled_at.is_(None)).with_for_update()), wanted)


def _named(found: Iterable[User], wanted: str) -> User:
    name = wanted.strip().casefold()
    user = next((one for one in found if name in (one.email.casefold(), one.public_id.casefold())), None)
    if user is None:
        raise NotFound(f"There is no account {wanted[:80]!r}; name a mail address or an id.")
    return user


def count_users(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(User)) or 0


def list_users(session: Session) -> list[User]:
    return list(session.scalars(select(User).where(User.disabled_at.is_(None)).order_by(User.name)))


def may_be_assigned(session: Session) -> list[User]:
    """The staff who may work on tickets."""
    return [user for user in list_users(session) if Permission.WORK_TICKETS in ROLES[Role(user.role)]]


def log_in(session: Session, email: str, password: str, *, address: str) -> User:
    """The account of this mail address and password. Raises NotAuthenticated, or RateLimited when guessed at.

    After ten wrong passwords in a row an account takes none for a quarter of an hour, wherever they come from. The
    answer does not tell: it would say which accounts there are.
    """
    email = email.strip().lower()
    limits.take(f"login:{address}", per_minute=_LOGINS_PER_MINUTE)
    limits.take(f"login:{email}", per_minute=_LOGINS_PER_MINUTE)
    user = _find_user(session, email)
    if not _is_proven(user, password) or user is None:
        _note_failure(user, address=address)
        raise NotAuthenticated("The mail address or the password is wrong.")
    return welcome(session, user, address=address, way="password")


def confirm_password(session: Session, user_id: int, password: str, *, address: str) -> User:
    """Somebody who is logged in proves it once more, before what a stolen session must not do.

    A wrong password counts as one at the login does. Raises InvalidInput or RateLimited.
    """
    user = session.scalars(select(User).where(User.id == user_id, User.disabled_at.is_(None))).one()
    limits.take(f"login:{address}", per_minute=_LOGINS_PER_MINUTE)
    limits.take(f"login:{user.email}", per_minute=_LOGINS_PER_MINUTE)
    if not _is_proven(user, password):
        _note_failure(user, address=address)
        raise InvalidInput("The present password is wrong.", field="old_password")
    return user


def _is_proven(user: User | None, password: str) -> bool:
    """It takes as long when there is no such account, or one without a password."""
    stored = user.password_hash if user and user.password_hash else _nobodys_hash()
    is_right = _hasher().verify(password, stored)
    return is_right and user is not None and bool(user.password_hash) and not _is_locked(user)


def welcome(session: Session, user: User, *, address: str, way: str) -> User:
    """What every login does, whichever way it was proven."""
    session.execute(
        update(User)
        .where(User.id == user.id)
        .values(failed_logins=0, locked_until=None, last_login_at=func.now())
    )
    audit.record(session, Action.LOG_IN, actor=user.public_id, address=address, data={"by": way})
    return user


def _is_locked(user: User) -> bool:
    return user.locked_until is not None and user.locked_until > datetime.now(UTC)


def _note_failure(user: User | None, *, address: str) -> None:
    """In a transaction of its own: that of the login is undone."""
    with transaction() as session:
        actor = user.public_id if user else audit.NOBODY
        audit.record(session, Action.FAIL_LOGIN, actor=actor, address=address)
        if user is None or _is_locked(user):
            return
        failures = session.scalar(
            update(User)
            .where(User.id == user.id)
            .values(failed_logins=User.failed_logins + 1)
            .returning(User.failed_logins)
        )
        if failures and failures >= _FAILURES_TO_LOCK:
            until = datetime.now(UTC) + _LOCKED_FOR
            session.execute(
                update(User).where(User.id == user.id).values(failed_logins=0, locked_until=until)
            )
            audit.record(session, Action.LOCK_ACCOUNT, actor=actor, target=actor, address=address)


def find_by_email(session: Session, email: str) -> User | None:
    """The account that is open."""
    return _find_user(session, email.strip().lower())


def _find_user(session: Session, email: str) -> User | None:
    if "\0" in email:  # The database cannot hold it, so it is nobody's.
        return None
    return session.scalars(select(User).where(User.email == email, User.disabled_at.is_(None))).first()


def principal_of(user: User) -> Principal:
    return Principal(user.public_id, user.name, ROLES[Role(user.role)], user.id)
