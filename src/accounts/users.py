"""Staff accounts: created by a command, recognised by password. No default password anywhere."""

import re
import secrets
from functools import lru_cache

from pwdlib import PasswordHash
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts import models
from accounts.models import User
from accounts.permissions import ROLES, Permission, Principal, Role
from runtime import limits
from runtime.errors import Conflict, InvalidInput, NotAuthenticated, NotFound

_MIN_PASSWORD = 10
_LOGINS_PER_MINUTE = 10
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@lru_cache(maxsize=1)
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    """Verified when the account does not exist, so that the answer takes as long."""
    return _hasher().hash(secrets.token_hex(16))


def create_user(session: Session, email: str, *, name: str, role: Role, password: str) -> User:
    """A new account. Raises InvalidInput or Conflict naming what is wrong."""
    email = email.strip().lower()
    if not re.fullmatch(r"[^@\s\0]+@[^@\s\0]+", email):
        raise InvalidInput(f"{email[:80]!r} is not a mail address.", field="email")
    if len(password) < _MIN_PASSWORD:
        raise InvalidInput(f"The password is shorter than {_MIN_PASSWORD} characters.", field="password")
    public_id = "AGENT-" + "".join(secrets.choice(_LETTERS) for _ in range(8))
    row = insert(User).values(
        public_id=public_id,
        email=email,
        name=name.strip() or email,
        role=role,
        password_hash=_hasher().hash(password),
    )
    created = session.scalars(row.on_conflict_do_nothing(index_elements=[User.email]).returning(User)).first()
    if created is None:
        raise Conflict(f"There is an account for {email} already.", field="email")
    return created


def disable_user(session: Session, wanted: str) -> User:
    """Close an account, named by its mail address or id: its password, sessions and tokens open nothing any more.

    What is assigned to it is for the caller to give back. Raises NotFound, or Conflict for the last account that
    may manage accounts.
    """
    enabled = session.scalars(
        select(User).where(User.disabled_at.is_(None)).order_by(User.id).with_for_update()
    ).all()
    name = wanted.strip().casefold()
    user = next((one for one in enabled if name in (one.email.casefold(), one.public_id.casefold())), None)
    if user is None:
        raise NotFound(f"There is no account {wanted[:80]!r}; name a mail address or an id.")
    managing = [one for one in enabled if Permission.MANAGE_USERS in ROLES[Role(one.role)]]
    if managing == [user]:
        raise Conflict("This is the last account that may manage accounts.", field="email")
    user.disabled_at = func.now()
    session.flush()
    session.execute(delete(models.Session).where(models.Session.user_id == user.id))
    return user


def count_users(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(User)) or 0


def list_users(session: Session) -> list[User]:
    return list(session.scalars(select(User).where(User.disabled_at.is_(None)).order_by(User.name)))


def may_be_assigned(session: Session) -> list[User]:
    """The staff who may work on tickets."""
    return [user for user in list_users(session) if Permission.WORK_TICKETS in ROLES[Role(user.role)]]


def log_in(session: Session, email: str, password: str, *, address: str) -> User:
    """The account of this mail address and password. Raises NotAuthenticated, or RateLimited when guessed at."""
    email = email.strip().lower()
    limits.take(f"login:{address}", per_minute=_LOGINS_PER_MINUTE)
    limits.take(f"login:{email}", per_minute=_LOGINS_PER_MINUTE)
    user = _find_user(session, email)
    if not _hasher().verify(password, user.password_hash if user else _nobodys_hash()) or user is None:
        raise NotAuthenticated("The mail address or the password is wrong.")
    return user


def _find_user(session: Session, email: str) -> User | None:
    if "\0" in email:  # The database cannot hold it, so it is nobody's.
        return None
    return session.scalars(select(User).where(User.email == email, User.disabled_at.is_(None))).first()


def principal_of(user: User) -> Principal:
    return Principal(user.public_id, user.name, ROLES[Role(user.role)], user.id)
