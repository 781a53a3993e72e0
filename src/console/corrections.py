"""Staff set right what the AI judged, and say whether its answer was right: both teach it."""

from typing import Annotated, TypeVar

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from console.actions import act
from console.sessions import Working
from console.ticket import Done, Typed
from runtime.errors import InvalidInput
from tickets import corrections, lifecycle
from tickets.contracts import Mood, Priority
from tickets.corrections import Verdict
from tickets.lifecycle import Corrections
from tickets.models import Ticket

router = APIRouter()
Choice = Annotated[str, Form(max_length=80)]
Name = TypeVar("Name", Priority, Mood, Verdict)


@router.post("/tickets/{public_id}/judgement")
def correct(
    request: Request,
    viewer: Working,
    public_id: str,
    category: Choice = "",
    priority: Choice = "",
    mood: Choice = "",
) -> Response:
    """What is left empty is not spoken of; what is as it was changes nothing."""

    def change(session: Session, ticket: Ticket) -> None:
        right = Corrections(category or None, _named(Priority, priority), _named(Mood, mood))
        lifecycle.correct(session, ticket.id, right, staff=viewer.principal.public_id)

    return act(request, viewer, public_id=public_id, change=change, done=Done.CORRECTED, typed=Typed("", 0))


@router.post("/tickets/{public_id}/verdict")
def give_verdict(
    request: Request,
    viewer: Working,
    public_id: str,
    verdict: Choice = "",
    why: Annotated[str, Form(max_length=corrections.MOST_WHY)] = "",
) -> Response:
    """One click; the reason is optional."""

    def change(session: Session, ticket: Ticket) -> None:
        said = _named(Verdict, verdict)
        if said is None:
            raise InvalidInput("Say whether it was right or wrong.", field="verdict")
        me = viewer.principal.public_id
        corrections.give_verdict(session, ticket.id, said, staff=me, why=why.replace("\x00", ""))

    return act(request, viewer, public_id=public_id, change=change, done=Done.JUDGED, typed=Typed("", 0))


def _named(kind: type[Name], value: str) -> Name | None:
    """None of an empty choice."""
    if not value:
        return None
    if value not in list(kind):
        known = ", ".join(kind)
        raise InvalidInput(f"Choose one of {known}.", field=kind.__name__.lower())
    return kind(value)
