"""Each night's reckoning of what is proven of the categories: rows, and an alert where answers became worse."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from analytics import gates
from analytics.calibration import Promise
from analytics.models import CategoryGate
from runtime.analytics_settings import Gating
from runtime.settings import settings
from tickets import alerts
from tickets.alerts import AlertKind


def promise() -> Promise:
    """Of this desk."""
    chosen = settings().analytics
    return Promise(chosen.gate_error, chosen.gate_risk)


def review(session: Session, now: datetime) -> list[CategoryGate]:
    """Reckon every category anew. Run twice, the second changes nothing but the time."""
    found = gates.gates(session, promise(), now)
    session.execute(delete(CategoryGate).where(CategoryGate.category.not_in(list(found))))
    for category, one in found.items():
        told = {
            "threshold": one.gate.threshold,
            "automation": one.gate.automation,
            "checked": one.gate.checked,
            "wrong": one.gate.wrong,
            "bound": one.gate.bound,
            "more_needed": one.gate.more_needed,
            "labels": one.labels,
            "contradictions": one.contradictions,
            "drifted": one.drifted,
            "at": now,
        }
        row = insert(CategoryGate).values(category=category, **told)
        session.execute(row.on_conflict_do_update(index_elements=[CategoryGate.category], set_=told))
        if one.drifted:
            alerts.raise_alert(session, AlertKind.ANSWERS_WORSE, category, _told(category))
    alerts.clear(session, AlertKind.ANSWERS_WORSE, but=[name for name, one in found.items() if one.drifted])
    return read(session)


def read(session: Session) -> list[CategoryGate]:
    """By category, as of the last reckoning."""
    return list(session.scalars(select(CategoryGate).order_by(CategoryGate.category)))


def _told(category: str) -> str:
    said = f"The AI’s answers in the category {category.replace('_', ' ')} have become worse than promised."
    if settings().analytics.gate is Gating.ENFORCE:
        return f"{said} Until checked answers prove otherwise, staff get its replies as drafts."
    return f"{said} Nothing stops its replies: DESKFLEET_ANALYTICS_GATE is observe."
