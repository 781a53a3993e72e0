"""The original of a message on its ticket's page, for one view. Every view and every refusal is in the audit log."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.originals import view_original
from console import ticket as pages
from console.conversation import Original, conversation, read_parts
from console.rendering import render
from console.sessions import Looking, Posting, Viewer
from console.ticket import Asked
from runtime.database import transaction
from runtime.errors import NotFound
from runtime.web import client_address
from tickets import queries, vault
from tickets.models import Message, Ticket

router = APIRouter()
MessageId = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/messages/{message_id}")
@router.get("/messages/{message_id}/original")
def lead_to_ticket(_viewer: Looking, message_id: MessageId) -> RedirectResponse:
    """The ticket of the message: where a login after a lost session, or a reload, leads. It shows no original."""
    with transaction() as session:
        message, of = _find(session, message_id)
    return RedirectResponse(f"/console/tickets/{of.public_id}#message-{message.seq}", status_code=303)


@router.post("/messages/{message_id}/original")
def show_original(
    request: Request,
    viewer: Posting,
    message_id: MessageId,
    seen_seq: Annotated[int | None, Form(ge=0)] = None,
) -> Response:
    """The ticket's page with the original in the message's place; for a script the message alone."""
    original = view_original(
        viewer.principal, message_id, read=_read, kinds=vault.kinds_kept, address=client_address(request)
    )
    with transaction() as session:
        _message, of = _find(session, message_id)
    if "hx-request" in request.headers:
        return _message_alone(request, viewer, of.public_id, original=original, seen_seq=seen_seq)
    return pages.show(request, viewer, public_id=of.public_id, asked=Asked(original=original))


def _read(session: Session, message_id: int) -> Original:
    message, ticket = _find(session, message_id)
    # The subject came with the first message, so its placeholders are that one's.
    subject = ticket.subject if message.seq == 1 else ""
    restored = vault.restore(session, message_id, subject)
    return Original(
        message_id=message_id,
        text=vault.reveal(session, message_id),
        quoted_text=vault.restore(session, message_id, message.quoted_text),
        subject=restored if restored != subject else "",
    )


def _find(session: Session, message_id: int) -> tuple[Message, Ticket]:
    query = select(Message, Ticket).join(Ticket, Ticket.id == Message.ticket_id)
    row = session.execute(query.where(Message.id == message_id)).first()
    if row is None:
        raise NotFound("There is no such message.")
    return row[0], row[1]


def _message_alone(
    request: Request, viewer: Viewer, public_id: str, *, original: Original, seen_seq: int | None
) -> Response:
    with transaction() as session:
        details = queries.read_ticket(session, public_id)
        parts = read_parts(session, details.messages)
    seen = details.ticket.last_seq if seen_seq is None else seen_seq
    message = next(one for one in details.messages if one.id == original.message_id)
    shown = conversation(details, seen_seq=seen, original=original)
    return render(request, "one_message.html", viewer=viewer, message=message, parts=parts, **shown)
