"""REST: how far the agent's answers can be trusted, and the sample of replies that staff are asked to check."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from analytics import audit_sample, trust
from analytics.honesty import Honesty
from analytics.trust import CategoryTrust
from runtime.analytics_settings import Gating
from runtime.database import transaction
from tickets.corrections import MOST_WHY, Verdict

router = APIRouter(prefix="/api/v1", tags=["figures"])

Figures = Annotated[Principal, Depends(allowed(Permission.READ_FIGURES))]
Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]
Worker = Annotated[Principal, Depends(allowed(Permission.WORK_TICKETS))]


class BinView(BaseModel):
    """Answers of which so much was claimed, and the share that was right."""

    texts: int
    confidence: float
    accuracy: float


class HonestyView(BaseModel):
    """`error`: expected calibration error; null where no answer was checked."""

    answers: int
    error: float | None
    bins: list[BinView]


class CategoryView(BaseModel):
    """`threshold`: in force since the last night, null: closed. `proven_threshold`: what the labels of now prove.

    `more_needed`: further checked answers, all right, before it can open, or open wider. `contradictions`: answers that
    some of the staff called right and others wrong.
    """

    category: str
    state: Literal["open", "closed", "drifted"]
    threshold: float | None
    proven_threshold: float | None
    automation: float
    labels: int
    wrong: int
    more_needed: int
    contradictions: int
    honesty: HonestyView


class CalibrationView(BaseModel):
    """`accepted_error` and `risk` are what the desk promises; `gate` says whether replies go by it."""

    gate: Gating
    accepted_error: float
    risk: float
    open_checks: int
    honesty: HonestyView
    categories: list[CategoryView]


class CheckView(BaseModel):
    """A reply that went out alone, with the message that it answers."""

    decision_id: int
    ticket_id: Annotated[str, Field(examples=["TKT-20250101-ABCDEFGH"])]
    category: str
    confidence: float | None
    question: str
    answer: str
    at: datetime


class Checks(BaseModel):
    """The oldest first, fifty at most; `waiting` counts all."""

    waiting: int
    checks: list[CheckView]


class CheckAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    why: Annotated[str, Field(max_length=MOST_WHY)] = ""


class CheckDone(BaseModel):
    decision_id: int
    verdict: Verdict


@router.get("/calibration", summary="How far answers can be trusted")
def read_calibration(_reader: Figures) -> CalibrationView:
    """Confidences beside what was right, and per category what is proven and how many checks are missing."""
    with transaction() as session:
        found = trust.read(session, datetime.now(UTC))
    return CalibrationView(
        gate=found.gating,
        accepted_error=found.promise.error,
        risk=found.promise.risk,
        open_checks=found.open_checks,
        honesty=_honesty(found.honesty),
        categories=[_category(one) for one in found.categories],
    )


@router.get("/checks", summary="List replies to check")
def list_checks(_reader: Reader) -> Checks:
    """A small random share of the replies that went out alone; what was checked is not listed any more."""
    with transaction() as session:
        found = [_check(one) for one in audit_sample.open_checks(session)]
        return Checks(waiting=audit_sample.count_open(session), checks=found)


@router.post("/checks/{decision_id}", summary="Say whether a reply was right")
def answer_check(
    decision_id: Annotated[int, Path(ge=1, le=2**62)], worker: Worker, said: CheckAnswer
) -> CheckDone:
    """Saying it again replaces what you said before."""
    with transaction() as session:
        audit_sample.answer(session, decision_id, said.verdict, staff=worker.public_id, why=said.why)
    return CheckDone(decision_id=decision_id, verdict=said.verdict)


def _check(one: audit_sample.Check) -> CheckView:
    return CheckView(
        decision_id=one.decision_id,
        ticket_id=one.ticket,
        category=one.category,
        confidence=one.confidence,
        question=one.question,
        answer=one.answer,
        at=one.at,
    )


def _honesty(one: Honesty) -> HonestyView:
    return HonestyView(
        answers=one.answers, error=one.error, bins=[BinView(**asdict(found)) for found in one.bins]
    )


def _category(one: CategoryTrust) -> CategoryView:
    return CategoryView(
        category=one.category,
        state=one.state,
        threshold=None if one.proven.drifted else one.in_force,
        proven_threshold=one.proven.gate.threshold,
        automation=one.proven.gate.automation,
        labels=one.proven.labels,
        wrong=one.proven.gate.wrong,
        more_needed=one.proven.gate.more_needed,
        contradictions=one.proven.contradictions,
        honesty=_honesty(one.honesty),
    )
