"""The dial for managers: move the threshold, see automation, errors, cost, queue and people."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, BeforeValidator, Field

from analytics import dial
from analytics.dial import Desk, Point
from analytics.stored_forecasts import Kind, Wanted, newest, request_refit
from console import queue
from console.figures import Managing
from console.figures_lines import Line, lines
from console.rendering import render
from console.replays_page import interval, percent, share
from runtime.database import transaction
from runtime.settings import settings
from tickets.categories import categories

router = APIRouter()


def _or_none(given: object) -> object:
    return given if given != "" else None  # An empty field of the form.


class Asked(BaseModel):
    """The form as the address has it; without a threshold the one in use."""

    threshold: Annotated[float | None, Field(ge=0, le=1), BeforeValidator(_or_none)] = None
    category: Annotated[str, Field(max_length=80)] = ""
    handling: Annotated[int, Field(ge=10, le=36_000)] = 300
    hourly: Annotated[float, Field(ge=0, le=10_000)] = 30
    at_work: Annotated[int, Field(ge=0, le=5_000)] = 0


@router.get("/figures/dial")
def show_dial(request: Request, viewer: Managing, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    now = datetime.now(UTC)
    present = settings().agent.min_confidence
    desk = Desk(asked.handling, asked.hourly, asked.at_work)
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        seen = dial.read_seen(session, now - timedelta(days=28), now, category=asked.category)
        stored = newest(session, Wanted(Kind.HOURLY, "", asked.category))
    if stored is None:
        request_refit()
    threshold = present if asked.threshold is None else asked.threshold
    chosen, curve = dial.point(seen, threshold, desk), dial.curve(seen, desk)
    start = now.replace(minute=0, second=0, microsecond=0)
    return render(
        request,
        "dial.html",
        viewer=viewer,
        views=queue.VIEWS,
        counts=counts,
        asked=asked,
        threshold=threshold,
        present=present,
        chosen=chosen,
        before=dial.point(seen, present, desk),
        decisions=len(seen),
        least=dial.LEAST,
        chart=_chart(curve, threshold) if curve else None,
        hours=dial.hours(stored, chosen, desk, start=start) if stored and curve else [],
        share=share,
        percent=percent,
        interval=interval,
        categories=categories(),
    )


def _chart(curve: Sequence[Point], threshold: float) -> object:
    found = [
        Line(
            name,
            [
                (one.threshold, part.value, part.low, part.high)
                for one in curve
                for part in [getattr(one, name)]
            ],
        )
        for name in ("automation", "errors")
    ]
    return lines(found, "Automation and errors by threshold, with 95 % bands", mark=threshold)
