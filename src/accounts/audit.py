"""The audit log: appended in the transaction of what it tells of, never changed. Doors write it."""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from accounts.models import AuditEntry
from runtime import correlation

_MOST_SHOWN = 500


class Action(StrEnum):
    VIEW_ORIGINAL = "original.viewed"
    REFUSE_ORIGINAL = "original.refused"
    APPROVE_ACTION = "action.approved"
    DECLINE_ACTION = "action.declined"
    REFUSE_APPROVAL = "action.approval_refused"


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


def entries(
    session: Session, *, target: str = "", actor: str = "", limit: int = _MOST_SHOWN
) -> list[AuditEntry]:
    """The newest entries first, of one target or actor when named."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(min(limit, _MOST_SHOWN))
    if target:
        query = query.where(AuditEntry.target == target)
    if actor:
        query = query.where(AuditEntry.actor == actor)
    return list(session.scalars(query))
