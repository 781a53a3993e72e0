"""REST for programs: what candidates would have decided of past tickets. `deskfleet replay` runs them."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from analytics import replay_rows
from analytics.replay_models import Replay
from analytics.replay_rows import Progress
from analytics.replays import compare
from runtime.database import transaction

router = APIRouter(prefix="/api/v1/replays", tags=["figures"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_FIGURES))]


class ProgressView(BaseModel):
    """Tickets: all of them, those done, and why the others are not. `gone`: their customers were erased meanwhile."""

    cases: int
    done: int
    not_reproducible: int
    failed: int
    waiting: int
    gone: int


class ReplayView(BaseModel):
    """`ended_at` null: it runs, or was stopped and can be gone on with."""

    replay_id: Annotated[str, Field(examples=["RPL-12AB34CD"])]
    name: str
    since: datetime
    until: datetime
    is_live: bool
    created_at: datetime
    ended_at: datetime | None
    progress: ProgressView


class Replays(BaseModel):
    replays: list[ReplayView]


class IntervalView(BaseModel):
    """A share with its 95 % interval; null where there is nothing to count."""

    value: float | None
    low: float | None
    high: float | None
    of: int


class SideView(BaseModel):
    """`wrong`: of the replies that went out, or would, where staff told whether they were right."""

    cases: int
    automation: IntervalView
    wrong: IntervalView
    escalations: dict[str, int]
    cost_usd: float
    ms_p50: float | None


class DifferentView(BaseModel):
    """One ticket side by side. Its texts are for those alone who may read tickets."""

    ticket: str
    difference: float
    present: dict[str, Any]
    candidate: dict[str, Any]


class ComparedView(ReplayView):
    """`gain`: the candidate's automation − the present one, over the same tickets."""

    scope: str
    candidate_file: dict[str, Any]
    present: SideView
    candidate: SideView
    gain: IntervalView
    undecided_then: SideView
    not_reproducible: dict[str, int]
    without_knowledge: int
    most_different: list[DifferentView]


@router.get("", summary="List replays")
def list_replays(_reader: Reader, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Replays:
    """The newest first."""
    with transaction() as session:
        found = replay_rows.newest(session, limit=limit)
        return Replays(
            replays=[ReplayView(**_told(one, replay_rows.progress(session, one))) for one in found]
        )


@router.get("/{replay_id}", summary="Compare a replay with what was decided")
def read_replay(replay_id: str, reader: Reader) -> ComparedView:
    """The next turn of each ticket, decided by the candidate and as it was. A running one as far as it is."""
    with transaction() as session:
        chosen = replay_rows.find(session, replay_id)
        found = compare(session, chosen)
    if Permission.READ_TICKETS not in reader.permissions:
        hidden = [
            replace(one, present=_numbers(one.present), candidate=_numbers(one.candidate))
            for one in found.most_different
        ]
        found = replace(found, most_different=hidden)
    values = found.as_json() | _told(chosen, found.progress)
    return ComparedView(**values, candidate_file=chosen.candidate)


def _numbers(side: Any) -> dict[str, Any]:  # noqa: ANN401  # a stored JSON object
    return {name: value for name, value in side.items() if name != "draft"}


def _told(one: Replay, counted: Progress) -> dict[str, Any]:
    return {
        "replay_id": one.public_id, "name": one.name, "since": one.since, "until": one.until,
        "is_live": one.is_live, "created_at": one.created_at, "ended_at": one.ended_at,
        "progress": asdict(counted) | {"gone": counted.gone},
    }  # fmt: skip
