"""Alerts of the desk itself: raised and cleared by the jobs that watch, acknowledged by staff at the doors.

At most one is open of one kind about one thing, however many processes raise it.
"""

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime import events
from runtime.errors import NotFound
from tickets.alert_models import Alert
from tickets.public_ids import new_alert_id

_MOST_SHOWN = 200


class AlertKind(StrEnum):
    MAILBOX_SILENT = "mailbox_silent"
    CRITICAL_UNATTENDED = "critical_unattended"
    KEY_BUSY = "key_busy"
    UNLIKE_ITSELF = "unlike_itself"
    ANSWERS_WORSE = "answers_worse"


def raise_alert(session: Session, kind: AlertKind, about: str, text: str) -> bool:
    """Open an alert, or renew the words of the one that is open. True: it is new."""
    public_id = new_alert_id()
    row = insert(Alert).values(public_id=public_id, kind=kind, about=about, text=text)
    kept = session.scalar(
        row.on_conflict_do_update(
            index_elements=[Alert.kind, Alert.about],
            index_where=Alert.cleared_at.is_(None),
            set_={"text": row.excluded.text},
        ).returning(Alert.public_id)
    )
    if kept == public_id:
        _tell(session)
    return kept == public_id


def clear(session: Session, kind: AlertKind, *, but: Collection[str] = ()) -> int:
    """Alerts of this kind are over, but for those about what is named; returns how many ended."""
    ended = session.scalars(
        update(Alert)
        .where(Alert.kind == kind, Alert.cleared_at.is_(None), Alert.about.not_in(list(but)))
        .values(cleared_at=func.now())
        .returning(Alert.id)
    ).all()
    if ended:
        _tell(session)
    return len(ended)


def list_alerts(session: Session, *, is_open: bool = True, limit: int = _MOST_SHOWN) -> list[Alert]:
    """The newest first: those that are not over, or all."""
    query = select(Alert).order_by(Alert.raised_at.desc(), Alert.id.desc()).limit(min(limit, _MOST_SHOWN))
    return list(session.scalars(query.where(Alert.cleared_at.is_(None)) if is_open else query))


def unseen(session: Session) -> list[Alert]:
    """What nobody has acknowledged, and is not over."""
    return [alert for alert in list_alerts(session) if alert.acknowledged_at is None]


def acknowledge(session: Session, public_id: str, *, by: str) -> Alert:
    """Somebody has seen it; the first one's name stays. Raises NotFound."""
    alert = session.scalars(select(Alert).where(Alert.public_id == public_id).with_for_update()).first()
    if alert is None:
        raise NotFound(f"There is no alert {public_id[:40]}.")
    if alert.acknowledged_at is None:
        alert.acknowledged_at = session.scalar(select(func.now()))
        alert.acknowledged_by = by
        session.flush()
        _tell(session)
    return alert


def _tell(session: Session) -> None:
    events.publish(session, "alert.changed")
