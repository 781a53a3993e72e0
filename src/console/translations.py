"""Asks for a message in the language that staff read. The job makes it; the page shows it when it is there."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from console import ticket as pages
from console.message_languages import has_model
from console.sessions import Looking, Working
from runtime.database import transaction
from runtime.errors import Conflict, NotFound
from runtime.settings import settings
from tickets import translations
from tickets.models import Message, Ticket

router = APIRouter()
MessageId = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/messages/{message_id}/translation")
def lead_to_message(_viewer: Looking, message_id: MessageId) -> RedirectResponse:
    """The ticket of the message: where a login after a lost session, or a reload, leads. It asks for nothing."""
    public_id, seq = _place(message_id)
    return _to_message(public_id, seq)


@router.post("/messages/{message_id}/translation")
def request_translation(
    request: Request,
    viewer: Working,
    message_id: MessageId,
    seen_seq: Annotated[int | None, Form(ge=0)] = None,
) -> Response:
    """Have the message translated, and show the ticket; for a script the conversation alone."""
    public_id, seq = _place(message_id)
    if not has_model():
        raise Conflict("No translation model is set up.")
    with transaction() as session:
        translations.request(session, message_id, settings().console.language)
    if "hx-request" in request.headers:
        return pages.show_conversation(request, viewer, public_id, seen_seq)
    return _to_message(public_id, seq)


def _place(message_id: int) -> tuple[str, int]:
    """The public id of the message's ticket, and its number there."""
    query = select(Ticket.public_id, Message.seq).join(Message, Message.ticket_id == Ticket.id)
    with transaction() as session:
        row = session.execute(query.where(Message.id == message_id)).first()
    if row is None:
        raise NotFound("There is no such message.")
    return row[0], row[1]


def _to_message(public_id: str, seq: int) -> RedirectResponse:
    return RedirectResponse(f"/console/tickets/{public_id}#message-{seq}", status_code=303)
