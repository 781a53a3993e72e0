"""What is to be expected of a ticket, fetched beside it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from analytics import prediction_rows
from console.rendering import render
from console.sessions import Looking
from console.ticket import find
from runtime.database import transaction

router = APIRouter(prefix="/tickets/{public_id}")


@router.get("/prediction")
def show_prediction(request: Request, viewer: Looking, public_id: str) -> HTMLResponse:
    with transaction() as session:
        found = prediction_rows.predict(session, find(session, public_id).id)
    return render(request, "prediction.html", viewer=viewer, found=found, span=span)


def span(seconds: float) -> str:
    """In the unit of which there are two at least."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
