"""Experiments for managers to see, and for admins to start, stop, promote and roll back.

What a candidate is the application knows: it gives it as `app.state.candidates`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Protocol, cast

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from analytics import experiments
from analytics.experiments import Plan, Size, State
from console import queue
from console.figures import Managing
from console.rendering import render
from console.replays_page import share
from console.sessions import Viewer
from console.settings_pages import Changing
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, Unavailable

router = APIRouter()
_ADDRESS = "/console/figures/experiments"


class Candidates(Protocol):
    """What the application knows of candidates."""

    def read(self, text: str) -> dict[str, Any]:
        """Of TOML. Raises InvalidInput naming the field that is wrong."""


class Move(StrEnum):
    """What an admin can do with one."""

    STOP = "stop"
    PROMOTE = "promote"
    ROLL_BACK = "rollback"


@dataclass(frozen=True)
class _Offer:
    """How the button says it, and what it does."""

    move: Move
    name: str
    told: str


_MOVES = {
    Move.STOP: experiments.stop,
    Move.PROMOTE: experiments.promote,
    Move.ROLL_BACK: experiments.roll_back,
}
_PROMOTE = _Offer(
    Move.PROMOTE,
    "Promote",
    "Every customer meets the candidate from now on. What was promoted before is rolled back.",
)
_STOP = _Offer(Move.STOP, "Stop", "Every customer is answered as before. It cannot be started again.")
_ROLL_BACK = _Offer(Move.ROLL_BACK, "Roll back", "The candidate holds for nobody any more.")
_OFFERED = {State.RUNNING: (_PROMOTE, _STOP), State.STOPPED: (_PROMOTE,), State.PROMOTED: (_ROLL_BACK,)}


class Filled(BaseModel):
    """The form; shares in per cent. `needed`: the size that was shown and is agreed to, or nothing."""

    name: Annotated[str, Field(max_length=120)] = ""
    candidate: Annotated[str, Field(max_length=200_000)] = ""
    share: Annotated[float, Field(ge=1, le=99)] = 50
    effect: Annotated[float, Field(ge=0.1, le=99)] = 5
    most_wrong: Annotated[float, Field(ge=0.1, le=99)] = 5
    needed: Annotated[int, Field(ge=0, le=2**31)] = 0

    @property
    def plan(self) -> Plan:
        return Plan(self.share / 100, self.effect / 100, self.most_wrong / 100)


@dataclass(frozen=True)
class _Begun:
    """A form that was not taken yet: for its size to be agreed to, or for what is wrong with it."""

    filled: Filled
    size: Size | None = None
    error: str = ""
    status: int = 200


@router.get("/figures/experiments")
def show_experiments(request: Request, viewer: Managing) -> HTMLResponse:
    return _page(request, viewer, None)


@router.post("/figures/experiments")
def start_experiment(request: Request, viewer: Changing, filled: Annotated[Filled, Form()]) -> Response:
    """The size is shown first; with that size it starts. When it has changed meanwhile, it is shown again."""
    try:
        given = _candidate(request, filled)
        with transaction() as session:
            found = experiments.size(session, filled.plan)
            if found.needed == filled.needed:
                experiments.start(session, given, filled.plan, by=viewer.principal.public_id)
                return RedirectResponse(_ADDRESS, status_code=303)
            _check(session)
    except InvalidInput as error:
        return _page(request, viewer, _Begun(filled, error=error.detail, status=422))
    except Conflict as error:
        return _page(request, viewer, _Begun(filled, error=error.detail, status=409))
    return _page(request, viewer, _Begun(filled, found))


def _candidate(request: Request, filled: Filled) -> dict[str, Any]:
    known = cast(Candidates | None, getattr(request.app.state, "candidates", None))
    if known is None:
        raise Unavailable("The agent is not in this process.")
    name = filled.name.strip()
    if not name:
        raise InvalidInput("Give it a name.", field="name")
    given = known.read(filled.candidate) | {"name": name}
    experiments.check(given)
    return given


def _check(session: Session) -> None:
    if running := experiments.in_state(session, State.RUNNING):
        raise Conflict(f"The experiment {running.public_id} runs: stop or promote it first.")


@router.post("/figures/experiments/{public_id}/{move}")
def change_experiment(viewer: Changing, public_id: str, move: Move) -> Response:
    with transaction() as session:
        _MOVES[move](session, public_id, by=viewer.principal.public_id)
    return RedirectResponse(_ADDRESS, status_code=303)


def _page(request: Request, viewer: Viewer, begun: _Begun | None) -> HTMLResponse:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        found = [experiments.standing(session, one) for one in experiments.newest(session)]
        running = experiments.in_state(session, State.RUNNING)
    may_change = Permission.MANAGE_DESK in viewer.principal.permissions
    return render(
        request,
        "experiments.html",
        viewer=viewer,
        status=begun.status if begun else 200,
        views=queue.VIEWS,
        counts=counts,
        found=found,
        running=running,
        may_change=may_change,
        begun=begun,
        filled=begun.filled if begun else Filled(),
        offered=_OFFERED if may_change else {},
        share=share,
    )
