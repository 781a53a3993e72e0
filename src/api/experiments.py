"""REST for programs: start an experiment, see how it stands, stop it, promote the candidate, roll it back.

What a candidate is the application knows: it gives it as `app.state.candidates`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Protocol, cast

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from analytics import experiments
from analytics.experiment_tests import LEAST_EFFECT
from analytics.experiments import Plan, Standing, State
from api.replays import IntervalView
from runtime.database import transaction
from runtime.errors import Unavailable

router = APIRouter(prefix="/api/v1/experiments", tags=["figures"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_FIGURES))]
Changer = Annotated[Principal, Depends(allowed(Permission.MANAGE_DESK))]


_Effect = Annotated[
    float,
    Field(ge=LEAST_EFFECT, lt=1, description="The least change of the share answered alone that matters."),
]
_Share = Annotated[
    float, Field(ge=0.01, le=0.99, examples=[0.5], description="Of the customers, those who meet it.")
]


class Candidates(Protocol):
    """What the application knows of candidates."""

    def check(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Raises InvalidInput naming the field that is wrong."""


class NewExperiment(BaseModel):
    """`candidate`: what it changes, as in the file of `deskfleet replay`: `agent`, `models` and `prompts`.

    `most_wrong` is the guardrail: once more wrong answers than this share are proven, it stops by itself.
    """

    name: Annotated[str, Field(min_length=1, max_length=120, examples=["stricter on billing"])]
    candidate: Annotated[
        dict[str, Any], Field(examples=[{"agent": {"category_confidence": "billing_inquiry=0.95"}}])
    ]
    share: _Share = 0.5
    effect: Annotated[_Effect, Field(examples=[0.05])] = 0.05
    most_wrong: Annotated[float, Field(gt=0, lt=1, examples=[0.05])] = 0.05


class SizeView(BaseModel):
    """From `baseline`, the share answered alone by now, so many customers are `needed` in each arm.

    `days`: how long that takes if as many write as in the last four weeks; null: nobody wrote.
    """

    baseline: Annotated[float, Field(examples=[0.62])]
    needed: Annotated[int, Field(examples=[1_507])]
    days: Annotated[int | None, Field(examples=[21])]


class ExperimentView(BaseModel):
    """Customers in each arm, and how many are `needed`. `p_value` null: not so many have come, so nothing is proven.

    `difference`: the share answered alone by the candidate − that of the control. `most_wrong` is the guardrail.
    """

    experiment_id: Annotated[str, Field(examples=["EXP-12AB34CD"])]
    name: str
    state: State
    candidate_file: dict[str, Any]
    share: float
    baseline: float
    effect: float
    needed: int
    most_wrong: float
    started_at: datetime
    changed_at: datetime | None
    changed_by: str
    why: str
    control_customers: int
    candidate_customers: int
    control: IntervalView
    candidate: IntervalView
    difference: IntervalView
    p_value: float | None
    is_significant: bool
    judged: int
    wrong: int


class Experiments(BaseModel):
    experiments: list[ExperimentView]


@router.get("", summary="List experiments")
def list_experiments(_reader: Reader) -> Experiments:
    """The newest first."""
    with transaction() as session:
        found = [experiments.standing(session, one) for one in experiments.newest(session)]
    return Experiments(experiments=[_view(one) for one in found])


@router.get("/size", summary="How many customers an experiment needs")
def read_size(
    _reader: Reader, effect: Annotated[_Effect, Query()] = 0.05, share: Annotated[_Share, Query()] = 0.5
) -> SizeView:
    """To be known before it starts: until so many are in both arms nothing is called proven."""
    with transaction() as session:
        return SizeView(**vars(experiments.size(session, Plan(share=share, effect=effect))))


@router.post("", status_code=201, summary="Start an experiment")
def start(body: NewExperiment, changer: Changer, request: Request) -> ExperimentView:
    """Some customers meet the candidate from now on, always the same ones. One runs at a time."""
    given = _candidates(request).check(body.candidate) | {"name": body.name}
    plan = Plan(body.share, body.effect, body.most_wrong)
    with transaction() as session:
        made = experiments.start(session, given, plan, by=changer.public_id)
        return _view(experiments.standing(session, made))


def _candidates(request: Request) -> Candidates:
    found = getattr(request.app.state, "candidates", None)
    if found is None:
        raise Unavailable("This process cannot do it.")
    return cast(Candidates, found)


@router.post("/{experiment_id}/stop", summary="Stop an experiment")
def stop(experiment_id: str, changer: Changer) -> ExperimentView:
    """Everybody is answered as before."""
    with transaction() as session:
        changed = experiments.stop(session, experiment_id, by=changer.public_id)
        return _view(experiments.standing(session, changed))


@router.post("/{experiment_id}/promote", summary="Promote a candidate")
def promote(experiment_id: str, changer: Changer) -> ExperimentView:
    """Everybody meets it from now on."""
    with transaction() as session:
        changed = experiments.promote(session, experiment_id, by=changer.public_id)
        return _view(experiments.standing(session, changed))


@router.post("/{experiment_id}/rollback", summary="Roll a promoted candidate back")
def roll_back(experiment_id: str, changer: Changer) -> ExperimentView:
    """It holds for nobody any more."""
    with transaction() as session:
        changed = experiments.roll_back(session, experiment_id, by=changer.public_id)
        return _view(experiments.standing(session, changed))


def _view(one: Standing) -> ExperimentView:
    row, outcome = one.experiment, one.outcome
    return ExperimentView(
        experiment_id=row.public_id, name=row.name, state=State(row.state), candidate_file=row.candidate,
        share=row.share, baseline=row.baseline, effect=row.effect, needed=row.needed, most_wrong=row.most_wrong,
        started_at=row.started_at, changed_at=row.changed_at, changed_by=row.changed_by, why=row.why,
        control_customers=one.control, candidate_customers=one.candidate,
        control=IntervalView(**vars(outcome.control)), candidate=IntervalView(**vars(outcome.candidate)),
        difference=IntervalView(**vars(outcome.difference)),
        p_value=outcome.p_value, is_significant=outcome.is_significant, judged=one.judged, wrong=one.wrong,
    )  # fmt: skip
