"""A password is changed by its owner, or chosen anew by a link that an admin makes or a mail brings.

Either way every login of the account ends: whoever had the old password is out.
"""

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts import audit, models, users
from accounts.audit import Action
from accounts.fingerprints import fingerprint
from accounts.models import PasswordReset, User
from accounts.permissions import ROLES, Principal, Role
from runtime import jobs, limits
from runtime.errors import Conflict, Forbidden, InvalidInput, NotFound
from runtime.settings import settings

PATH = "/console/password/reset"
MAIL_LINK = "ingestion.password_mail.mail_password_link"
BY_MAIL = "mail"
VALID = timedelta(hours=1)
_ASKED_PER_MINUTE = 10
_MAILS_PER_MINUTE = 1
_NOBODY = 0


def change(session: Session, user_id: int, *, old: str, new: str, address: str) -> User:
    """Raises InvalidInput when the old one is wrong or the new one will not do, RateLimited when guessed at."""
    user = users.confirm_password(session, user_id, old, address=address)
    if new == old:
        raise InvalidInput("The new password is the old one.", field="new_password")
    _set(session, user, _hashed(new))
    audit.record(
        session, Action.CHANGE_PASSWORD, actor=user.public_id, target=user.public_id, address=address
    )
    return user


def set_by_command(session: Session, wanted: str, password: str) -> User:
    """Whoever may run commands has the database. Raises NotFound or InvalidInput."""
    user = users.find_open(session, wanted)
    _set(session, user, users.hashed(password))
    audit.record(session, Action.CHANGE_PASSWORD, actor=audit.COMMAND, target=user.public_id)
    return user


def make_link(session: Session, wanted: str, *, by: Principal) -> str:
    """The link to hand over, for an account named by its mail address or id; an earlier one serves no more.

    Raises NotFound, Conflict for an account of the company's login alone, and Forbidden for one that may do more
    than who asks: the link makes its holder that account.
    """
    user = users.find_open(session, wanted)
    if not ROLES[Role(user.role)] <= by.permissions:
        raise Forbidden("Nobody opens an account that may do more than their own.")
    if not user.password_hash:
        raise Conflict("This account has no password: it is entered by the company's login.", field="user_id")
    return _link(session, user, by=by.public_id)


def mails_links() -> bool:
    """Whether a lost password can be mended by mail: a server for outgoing mail is set."""
    chosen = settings().ingestion
    return bool(chosen.smtp_url or chosen.boxes)


def ask_for_mail(session: Session, email: str, *, address: str) -> None:
    """Let a link be mailed, if there is such an account. The caller learns nothing either way.

    The same job is asked for in both cases, so that not even the time tells. Raises RateLimited.
    """
    email = email.strip().lower()
    limits.take(f"password:{address}", per_minute=_ASKED_PER_MINUTE)
    limits.take(f"password:{email}", per_minute=_MAILS_PER_MINUTE)
    user = users.find_by_email(session, email)
    actor = user.public_id if user else audit.NOBODY
    audit.record(session, Action.ASK_FOR_PASSWORD, actor=actor, target=actor, address=address)
    jobs.request(session, MAIL_LINK, user.id if user and user.password_hash else _NOBODY)


def link_to_mail(session: Session, user_id: int) -> tuple[str, str] | None:
    """The address and the link; None for nobody, and for an account that was closed meanwhile."""
    user = session.get(User, user_id)
    if user is None or user.disabled_at is not None or not user.password_hash:
        return None
    return user.email, _link(session, user, by=BY_MAIL)


def owner_of(session: Session, secret: str) -> User:
    """Whose password the link changes. Raises NotFound when it was used, is too old, or never was."""
    found = session.scalars(
        select(User)
        .join(PasswordReset, PasswordReset.user_id == User.id)
        .where(
            PasswordReset.secret_sha256 == fingerprint(secret),
            PasswordReset.expires_at > func.now(),
            User.disabled_at.is_(None),
        )
    ).first()
    if found is None:
        raise NotFound("This link is not valid any more: ask for a new one.")
    return found


def choose(session: Session, secret: str, password: str, *, address: str) -> User:
    """The link is used up. Raises NotFound; InvalidInput leaves it good."""
    password_hash = _hashed(password)
    user = owner_of(session, secret)
    # One delete takes the link away from whoever uses it at the same moment.
    used = delete(PasswordReset).where(PasswordReset.secret_sha256 == fingerprint(secret))
    made_by = session.scalar(used.returning(PasswordReset.made_by))
    if made_by is None:
        raise NotFound("This link is not valid any more: ask for a new one.")
    _set(session, user, password_hash)
    audit.record(
        session, Action.RESET_PASSWORD, actor=user.public_id, target=user.public_id, address=address,
        data={"link_by": made_by},
    )  # fmt: skip
    return user


def forget_old(session: Session) -> None:
    """Links that nobody used in time."""
    session.execute(delete(PasswordReset).where(PasswordReset.expires_at < func.now()))


def _hashed(password: str) -> str:
    try:
        return users.hashed(password)
    except InvalidInput as error:
        raise InvalidInput(error.detail, field="new_password") from None


def _link(session: Session, user: User, *, by: str) -> str:
    secret = secrets.token_urlsafe(32)
    values = {"secret_sha256": fingerprint(secret), "made_by": by, "expires_at": datetime.now(UTC) + VALID}
    row = insert(PasswordReset).values(user_id=user.id, **values)
    session.execute(row.on_conflict_do_update(index_elements=[PasswordReset.user_id], set_=values))
    audit.record(session, Action.LINK_PASSWORD, actor=by, target=user.public_id)
    return f"{settings().public_url}{PATH}?token={secret}"


def _set(session: Session, user: User, password_hash: str) -> None:
    user.password_hash = password_hash
    user.failed_logins, user.locked_until = 0, None
    session.execute(delete(models.Session).where(models.Session.user_id == user.id))
    session.execute(delete(PasswordReset).where(PasswordReset.user_id == user.id))
    session.flush()
