"""What staff must know of the desk itself, until it is over."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console import queue
from console.rendering import render
from console.sessions import Looking, Working
from runtime.database import transaction
from tickets import alerts

router = APIRouter()
_MOST_PAST = 20


@router.get("/alerts")
def list_alerts(request: Request, viewer: Looking) -> HTMLResponse:
    """What is open, and below it the newest of what is over."""
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        known = alerts.list_alerts(session, is_open=False)
        names = queue.names_of_staff(session)
    still_open = [alert for alert in known if alert.cleared_at is None]
    past = [alert for alert in known if alert.cleared_at][:_MOST_PAST]
    return render(
        request,
        "alerts.html",
        viewer=viewer,
        views=queue.VIEWS,
        counts=counts,
        open_alerts=still_open,
        past_alerts=past,
        names=names,
    )


@router.post("/alerts/{alert_id}/acknowledge")
def acknowledge(viewer: Working, alert_id: Annotated[str, Path(max_length=40)]) -> Response:
    with transaction() as session:
        alerts.acknowledge(session, alert_id, by=viewer.principal.public_id)
    return RedirectResponse("/console/alerts", status_code=303)
