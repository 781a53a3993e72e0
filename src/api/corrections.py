"""REST for programs: set right what the AI judged, and say whether its answer was right."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.preconditions import IfMatch, find_ticket
from api.ticket_views import TicketView, read_view
from api.tickets import Worker
from runtime.database import transaction
from tickets import corrections, lifecycle, queries
from tickets.contracts import Mood, Priority
from tickets.corrections import MOST_WHY, Verdict
from tickets.lifecycle import Corrections

router = APIRouter(prefix="/api/v1/tickets", tags=["tickets"])


class NewJudgement(BaseModel):
    """What is right; what is left out is not spoken of."""

    model_config = ConfigDict(extra="forbid")

    category: Annotated[str | None, Field(max_length=80, examples=["billing_inquiry"])] = None
    priority: Annotated[Priority | None, Field(examples=["high"])] = None
    mood: Annotated[Mood | None, Field(examples=["negative"])] = None

    @model_validator(mode="after")
    def _says_something(self) -> "NewJudgement":
        if self.category is None and self.priority is None and self.mood is None:
            raise ValueError("name a category, a priority or a mood")
        return self


class NewVerdict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    why: Annotated[str, Field(max_length=MOST_WHY, examples=["It names the wrong plan."])] = ""


@router.put("/{ticket_id}/judgement", summary="Correct the AI's judgement")
def correct(ticket_id: str, body: NewJudgement, worker: Worker, if_match: IfMatch = "") -> TicketView:
    """The ticket changes at once, and the AI learns from it the next night. Correct it back to undo it."""
    right = Corrections(body.category, body.priority, body.mood)
    with transaction() as session:
        ticket = find_ticket(session, ticket_id, if_match)
        lifecycle.correct(session, ticket.id, right, staff=worker.public_id)
        session.expire_all()
        return read_view(session, ticket_id)


@router.put("/{ticket_id}/verdict", summary="Say whether the AI's answer was right")
def give_verdict(ticket_id: str, body: NewVerdict, worker: Worker) -> TicketView:
    """Of its newest answer. 409 when it has not answered yet."""
    with transaction() as session:
        ticket = queries.find_ticket(session, ticket_id)
        corrections.give_verdict(session, ticket.id, body.verdict, staff=worker.public_id, why=body.why)
        session.expire_all()
        return read_view(session, ticket_id)
