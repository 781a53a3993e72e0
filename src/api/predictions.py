"""REST: what is to be expected of a ticket, and how good such expectations were."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from analytics import prediction_rows
from analytics.prediction_rows import Target
from runtime.database import transaction
from tickets import queries

router = APIRouter(prefix="/api/v1", tags=["figures"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]
Figures = Annotated[Principal, Depends(allowed(Permission.READ_FIGURES))]


class ExpectedView(BaseModel):
    """Seconds from the ticket's beginning to its resolution; from `low_s` to `high_s` in 8 of 10 cases."""

    middle_s: float
    low_s: float
    high_s: float


class PredictionView(BaseModel):
    """Risks are chances from 0 to 1. Null: the desk's history says too little of it."""

    ticket_id: Annotated[str, Field(examples=["TKT-20250101-ABCDEFGH"])]
    resolution_time: ExpectedView | None
    escalation: float | None
    low_satisfaction: float | None


class ModelView(BaseModel):
    """`figures` are measured on the newest part, which the fit did not see; `silent` says why nothing is predicted."""

    target: Target
    silent: str
    figures: dict[str, float]
    fitted_at: datetime


@router.get("/tickets/{ticket_id}/prediction", summary="What is to be expected of a ticket")
def read_prediction(ticket_id: str, _reader: Reader) -> PredictionView:
    with transaction() as session:
        ticket = queries.find_ticket(session, ticket_id)
        found = prediction_rows.predict(session, ticket.id)
    time = found.time
    return PredictionView(
        ticket_id=ticket.public_id,
        resolution_time=ExpectedView(middle_s=time.middle_s, low_s=time.low_s, high_s=time.high_s)
        if time
        else None,
        escalation=found.escalation,
        low_satisfaction=found.low_satisfaction,
    )


@router.get("/predictions", summary="How good predictions are")
def read_models(_reader: Figures) -> list[ModelView]:
    """Fitted each night on the desk's own tickets; empty before the first night."""
    with transaction() as session:
        return [
            ModelView(
                target=Target(one.target), silent=one.silent, figures=one.figures, fitted_at=one.fitted_at
            )
            for one in prediction_rows.models(session)
        ]
