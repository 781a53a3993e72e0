"""Invitations by link: whoever opens it chooses a name and a password. A link serves once, for three days."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts import audit, users
from accounts.audit import Action
from accounts.fingerprints import fingerprint
from accounts.models import Invitation, User
from accounts.permissions import ROLES, Principal, Role
from runtime.errors import Conflict, Forbidden, NotFound
from runtime.settings import settings

PATH = "/console/invitation"
_VALID = timedelta(days=3)


@dataclass(frozen=True)
class NewInvitation:
    email: str
    role: Role
    name: str = ""


def invite(session: Session, new: NewInvitation, *, by: Principal) -> str:
    """The link to hand over; an earlier one for the same address serves no more.

    Raises InvalidInput, Conflict when there is an account, Forbidden for a role that may do more than who invites.
    """
    email = users.checked_email(new.email)
    if not ROLES[new.role] <= by.permissions:
        raise Forbidden(f"Nobody gives what they may not do themselves: the role {new.role}.", field="role")
    if session.scalar(select(User.id).where(User.email == email)):
        raise Conflict(f"There is an account for {email} already.", field="email")
    secret = secrets.token_urlsafe(32)
    row = insert(Invitation).values(
        secret_sha256=fingerprint(secret),
        email=email,
        name=new.name.strip(),
        role=new.role,
        invited_by=by.public_id,
        expires_at=datetime.now(UTC) + _VALID,
    )
    changed = {
        name: row.excluded[name] for name in ("secret_sha256", "name", "role", "invited_by", "expires_at")
    }
    session.execute(row.on_conflict_do_update(index_elements=[Invitation.email], set_=changed))
    audit.record(session, Action.INVITE_USER, actor=by.public_id, data={"role": str(new.role)})
    return f"{settings().public_url}{PATH}?token={secret}"


def find(session: Session, secret: str) -> Invitation:
    """Raises NotFound when it was used, is too old, or never was."""
    found = session.scalars(
        select(Invitation).where(
            Invitation.secret_sha256 == fingerprint(secret), Invitation.expires_at > func.now()
        )
    ).first()
    if found is None:
        raise NotFound("This invitation is not valid any more: ask for a new one.")
    return found


def accept(session: Session, secret: str, *, name: str, password: str, address: str) -> User:
    """The new account, logged in. Raises NotFound, InvalidInput or Conflict."""
    password_hash = users.hashed(password)
    found = session.scalars(
        delete(Invitation)
        .where(Invitation.secret_sha256 == fingerprint(secret), Invitation.expires_at > func.now())
        .returning(Invitation)
    ).first()
    if found is None:
        raise NotFound("This invitation is not valid any more: ask for a new one.")
    user = users.add_user(
        session,
        found.email,
        name=name.strip() or found.name,
        role=Role(found.role),
        password_hash=password_hash,
    )
    data = {"role": found.role, "invited_by": found.invited_by}
    audit.record(session, Action.CREATE_USER, actor=user.public_id, target=user.public_id, data=data)
    return users.welcome(session, user, address=address, way="invitation")


def list_open(session: Session) -> list[Invitation]:
    query = (
        select(Invitation).where(Invitation.expires_at > func.now()).order_by(Invitation.created_at.desc())
    )
    return list(session.scalars(query))


def withdraw(session: Session, email: str, *, by: str) -> None:
    """Raises NotFound."""
    gone = session.scalars(
        delete(Invitation).where(Invitation.email == email.strip().lower()).returning(Invitation.email)
    ).first()
    if gone is None:
        raise NotFound(f"There is no invitation for {email[:80]}.")
    audit.record(session, Action.INVITE_USER, actor=by, data={"withdrawn": 1})
