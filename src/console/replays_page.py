"""Replays for managers: the list, and one beside what was decided then, with the tickets that differ most."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from analytics import replay_rows
from analytics.replay_models import Replay
from analytics.replay_rows import Progress
from analytics.replays import Interval, compare
from console import queue, words
from console.figures import Managing
from console.rendering import render
from runtime.database import transaction
from tickets.contracts import Reason

router = APIRouter()


@dataclass(frozen=True)
class _Listed:
    replay: Replay
    progress: Progress

    @property
    def last_day(self) -> date:
        """The span ends at the midnight after it."""
        return (self.replay.until - timedelta(microseconds=1)).date()


@router.get("/figures/replays")
def list_replays(request: Request, viewer: Managing) -> HTMLResponse:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        found = [_Listed(one, replay_rows.progress(session, one)) for one in replay_rows.newest(session)]
    return render(
        request,
        "replays.html",
        viewer=viewer,
        views=queue.VIEWS,
        counts=counts,
        found=found,
        compared=None,
        month_ago=datetime.now(UTC).date() - timedelta(days=30),
    )


@router.get("/figures/replays/{public_id}")
def show_replay(request: Request, viewer: Managing, public_id: str) -> HTMLResponse:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        chosen = replay_rows.find(session, public_id)
        compared = compare(session, chosen)
    return render(
        request,
        "replays.html",
        viewer=viewer,
        views=queue.VIEWS,
        counts=counts,
        found=[],
        compared=compared,
        chosen=chosen,
        share=share,
        reason=_reason,
        reasons=list(dict.fromkeys([*compared.present.escalations, *compared.candidate.escalations])),
    )


def share(one: Interval) -> str:
    """With its interval, in per cent."""
    return f"{percent(one)} ({interval(one)})" if one.value is not None else "–"


def percent(one: Interval) -> str:
    """Without its interval."""
    return "–" if one.value is None else f"{one.value:.1%}"


def interval(one: Interval) -> str:
    """Alone; empty where there is nothing to count."""
    return "" if one.low is None or one.high is None else f"{one.low:.1%} to {one.high:.1%}"


def _reason(name: str) -> str:
    return words.reason_label(name) if name in set(Reason) else name or "not told"
