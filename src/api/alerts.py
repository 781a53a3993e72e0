"""REST for programs: what staff must know of the desk itself."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from api.paging import Cursor, Limit, page_of
from runtime.database import transaction
from tickets import alerts
from tickets.alert_models import Alert
from tickets.alerts import AlertKind

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]
Worker = Annotated[Principal, Depends(allowed(Permission.WORK_TICKETS))]


class AlertView(BaseModel):
    """`cleared_at` is when it was over; who acknowledged it has seen it."""

    alert_id: Annotated[str, Field(examples=["ALERT-7Q4K2M9X"])]
    kind: AlertKind
    text: str
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: Annotated[str | None, Field(examples=["AGENT-3V8N1C5R"])]
    cleared_at: datetime | None


class Alerts(BaseModel):
    alerts: list[AlertView]
    next_cursor: str | None


@router.get("", summary="List alerts")
def list_alerts(
    _reader: Reader,
    every: Annotated[bool, Query(alias="all")] = False,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Alerts:
    """The newest first: those that are open, or with `all=true` the newest 200 with what is over."""
    with transaction() as session:
        found = alerts.list_alerts(session, is_open=not every)
    shown, more = page_of(
        found, lambda one: [one.raised_at.isoformat(), one.id], limit=limit, cursor=cursor, newest_first=True
    )
    return Alerts(alerts=[_view(one) for one in shown], next_cursor=more)


@router.post("/{alert_id}/acknowledge", summary="Say that an alert was seen")
def acknowledge(alert_id: str, worker: Worker) -> AlertView:
    """It stays open until its cause is gone. Again and again changes nothing: the first one's name stays."""
    with transaction() as session:
        return _view(alerts.acknowledge(session, alert_id, by=worker.public_id))


def _view(alert: Alert) -> AlertView:
    return AlertView(
        alert_id=alert.public_id,
        kind=AlertKind(alert.kind),
        text=alert.text,
        raised_at=alert.raised_at,
        acknowledged_at=alert.acknowledged_at,
        acknowledged_by=alert.acknowledged_by,
        cleared_at=alert.cleared_at,
    )
