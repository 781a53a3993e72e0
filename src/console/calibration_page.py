"""How far the AI's answers can be trusted, for managers; and the sample of replies that staff check."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from analytics import audit_sample, prediction_rows, trust
from console import queue
from console.figures import Managing
from console.prediction_panel import span
from console.reliability_chart import diagram
from console.rendering import render
from console.sessions import Looking, Working
from runtime.database import transaction
from runtime.errors import InvalidInput
from tickets.corrections import Verdict

router = APIRouter()


@router.get("/figures/calibration")
def show_calibration(request: Request, viewer: Managing) -> HTMLResponse:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        found = trust.read(session, datetime.now(UTC))
        models = prediction_rows.models(session)
    return render(
        request,
        "calibration.html",
        viewer=viewer,
        views=queue.VIEWS,
        counts=counts,
        found=found,
        models=models,
        span=span,
        chart=diagram(found.honesty.bins, "Claimed confidence against the share that was right"),
    )


@router.get("/checks")
def list_checks(request: Request, viewer: Looking) -> HTMLResponse:
    """The oldest first; who may only read sees them without buttons."""
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        found = audit_sample.open_checks(session)
        waiting = audit_sample.count_open(session)
    return render(
        request,
        "checks.html",
        viewer=viewer,
        views=queue.VIEWS,
        counts=counts,
        checks=found,
        waiting=waiting,
    )


@router.post("/checks/{decision_id}")
def answer_check(
    viewer: Working,
    decision_id: Annotated[int, Path(ge=1, le=2**62)],
    verdict: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """One click, and the next one is on top."""
    if verdict not in list(Verdict):
        raise InvalidInput("Say whether it was right or wrong.", field="verdict")
    with transaction() as session:
        audit_sample.answer(session, decision_id, Verdict(verdict), staff=viewer.principal.public_id)
    return RedirectResponse("/console/checks", status_code=303)
