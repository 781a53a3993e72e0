"""The audit log: appended in the transaction of what it tells of, never changed. Doors write it."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from accounts.models import AuditEntry
from accounts.permissions import Principal
from runtime import correlation

_MOST_SHOWN = 500
NOBODY = "nobody"
COMMAND = "command"


class Action(StrEnum):
    VIEW_ORIGINAL = "original.viewed"
    REFUSE_ORIGINAL = "original.refused"
    APPROVE_ACTION = "action.approved"
    DECLINE_ACTION = "action.declined"
    REFUSE_APPROVAL = "action.approval_refused"
    LOG_IN = "login.succeeded"
    FAIL_LOGIN = "login.failed"
    LOCK_ACCOUNT = "login.locked"
    REUSE_TOKEN = "token.reused"  # noqa: S105  # the name of what happened
    END_SESSION = "session.ended"
    CREATE_USER = "user.created"
    INVITE_USER = "user.invited"
    CHANGE_ROLE = "user.role_changed"
    DISABLE_USER = "user.disabled"
    CHANGE_PASSWORD = "password.changed"  # noqa: S105  # the name of what happened, as the next three
    LINK_PASSWORD = "password.link_made"  # noqa: S105
    ASK_FOR_PASSWORD = "password.asked_for"  # noqa: S105
    RESET_PASSWORD = "password.reset"  # noqa: S105
    CREATE_KEY = "key.created"
    ROTATE_KEY = "key.rotated"
    REVOKE_KEY = "key.revoked"
    EXPORT_CUSTOMER = "customer.exported"
    ERASE_CUSTOMER = "customer.erased"
    FORGET_OLD = "retention.applied"
    CHANGE_DESK = "desk.changed"
    RUN_COMMAND = "command.ran"
    WRITE = "request.write"
    VIEW = "request.view"
    REFUSE = "request.refused"


@dataclass
class Asking:
    """The request that is being answered: who asks, and whether it has told the log about itself already."""

    principal: Principal | None = None
    is_recorded: bool = False


_asking: ContextVar[Asking | None] = ContextVar("asking", default=None)


def begin_asking() -> Asking:
    """To the end of the present task, which is one request; threads that work for it see the same."""
    present = Asking()
    _asking.set(present)
    return present


def note_who(principal: Principal) -> None:
    """Whoever asks was recognised."""
    if present := _asking.get():
        present.principal = principal


def record(
    session: Session,
    action: Action,
    *,
    actor: str,
    target: str = "",
    address: str = "",
    data: Mapping[str, str | int | list[str]] | None = None,
) -> None:
    """Append an entry. `data` names kinds and counts; it never holds the personal data that was seen."""
    session.execute(
        insert(AuditEntry).values(
            actor=actor,
            action=action,
            target=target,
            data=dict(data or {}),
            correlation_id=correlation.current(),
            address=address,
        )
    )
    if present := _asking.get():
        present.is_recorded = True


@dataclass(frozen=True)
class Narrowing:
    """Which entries; what is empty does not narrow. `before` is the id of the last entry of the page before."""

    target: str = ""
    actor: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def entries(
    session: Session, *, target: str = "", actor: str = "", limit: int = _MOST_SHOWN
) -> list[AuditEntry]:
    """The newest entries first, of one target or actor when named."""
    return find(session, Narrowing(target=target, actor=actor), limit=limit)


def find(session: Session, wanted: Narrowing, *, limit: int = _MOST_SHOWN) -> list[AuditEntry]:
    """The newest entries first. `action` may be its beginning, such as `login`."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(min(limit, _MOST_SHOWN))
    if wanted.target:
        query = query.where(AuditEntry.target == wanted.target)
    if wanted.actor:
        query = query.where(AuditEntry.actor == wanted.actor)
    if wanted.action:
        query = query.where(AuditEntry.action.startswith(wanted.action, autoescape=True))
    if wanted.since:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEntry.at < wanted.until)
    if wanted.before:
        query = query.where(AuditEntry.id < wanted.before)
    return list(session.scalars(query))
