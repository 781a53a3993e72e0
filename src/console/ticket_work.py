"""More that staff do with a ticket: put aside, merge, split, hand back, take a reply back, keep a draft."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from console.actions import RESOLVE, Text, act, plain
from console.sessions import Working
from console.ticket import Done, Typed, find
from runtime.database import transaction
from runtime.errors import InvalidInput
from tickets import lifecycle, queries, reply_drafts, resolution_notes, summaries
from tickets.contracts import Status
from tickets.models import Ticket

router = APIRouter(prefix="/tickets/{public_id}")
Seen = Annotated[int | None, Form(ge=0)]
_LONGEST_OFFSET = 14 * 60


def _moment(until: str, hours: int, offset: int) -> datetime:
    """What the form says: a moment of the reader's clock, which is `offset` minutes behind UTC, or so many hours."""
    if not until:
        return datetime.now(UTC) + timedelta(hours=hours)
    try:
        local = datetime.fromisoformat(until)
    except ValueError:
        raise InvalidInput("Choose a day and a time.", field="until") from None
    return local.replace(tzinfo=UTC) + timedelta(minutes=max(-_LONGEST_OFFSET, min(offset, _LONGEST_OFFSET)))


@router.post("/snooze")
def snooze(  # noqa: PLR0913, PLR0917  # one argument for each field of the form
    request: Request,
    viewer: Working,
    public_id: str,
    until: Annotated[str, Form(max_length=20)] = "",
    hours: Annotated[int, Form(ge=1, le=8760)] = 24,
    offset: Annotated[int, Form()] = 0,
    seen_seq: Seen = None,
) -> Response:
    def change(session: Session, ticket: Ticket) -> None:
        moment = _moment(until, hours, offset)
        lifecycle.snooze(session, ticket.id, moment, actor=viewer.principal.public_id, seen_seq=seen_seq)

    typed = Typed("", 0, seen_seq=seen_seq)
    return act(request, viewer, public_id=public_id, change=change, done=Done.SNOOZED, typed=typed)


@router.post("/merge")
def merge(
    request: Request, viewer: Working, public_id: str, into: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    def change(session: Session, ticket: Ticket) -> None:
        other = queries.find_ticket(session, into.strip().upper())
        lifecycle.merge(session, ticket.id, other.id, actor=viewer.principal.public_id)

    return act(request, viewer, public_id=public_id, change=change, done=Done.MERGED, typed=Typed("", 0))


@router.post("/split")
def split(
    request: Request,
    viewer: Working,
    public_id: str,
    seq: Annotated[int, Form(ge=1)],
    subject: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Leads to the new ticket."""
    made: list[str] = []

    def change(session: Session, ticket: Ticket) -> None:
        made.append(
            lifecycle.split(session, ticket.id, seq, actor=viewer.principal.public_id, subject=plain(subject))
        )

    answer = act(request, viewer, public_id=public_id, change=change, done=Done.SPLIT, typed=Typed("", 0))
    if answer.status_code != 303:
        return answer
    return RedirectResponse(f"/console/tickets/{made[-1]}?done={Done.SPLIT}", status_code=303)


@router.post("/hand-back")
def hand_back(request: Request, viewer: Working, public_id: str, seen_seq: Seen = None) -> Response:
    def change(session: Session, ticket: Ticket) -> None:
        lifecycle.hand_back(session, ticket.id, actor=viewer.principal.public_id, seen_seq=seen_seq)

    typed = Typed("", 0, seen_seq=seen_seq)
    return act(request, viewer, public_id=public_id, change=change, done=Done.HANDED_BACK, typed=typed)


@router.post("/undo")
def undo(
    request: Request, viewer: Working, public_id: str, message_id: Annotated[int, Form(ge=1, lt=2**63)]
) -> Response:
    """Take a reply back that still waits to be sent; its text is a draft again."""
    me = viewer.principal.public_id

    def change(session: Session, ticket: Ticket) -> None:
        text = lifecycle.undo_reply(session, ticket.id, message_id, staff=me)
        reply_drafts.save(session, ticket.id, me, text, seen_seq=ticket.last_seq)

    return act(request, viewer, public_id=public_id, change=change, done=Done.UNDONE, typed=Typed("", 0))


@router.post("/summarize")
def summarize(request: Request, viewer: Working, public_id: str) -> Response:
    """Have the conversation summarised; the page shows it when it is there."""

    def change(session: Session, ticket: Ticket) -> None:
        summaries.request(session, ticket.id)

    return act(request, viewer, public_id=public_id, change=change, done=Done.ASKED, typed=Typed("", 0))


@router.post("/solved-by")
def keep_what_solved_it(
    request: Request,
    viewer: Working,
    public_id: str,
    text: Text = "",
    then: Annotated[str, Form(max_length=20)] = "",
    seen_seq: Seen = None,
) -> Response:
    """Keep it for the next one with the same problem, and resolve the ticket when `then` says so."""
    me, resolves = viewer.principal.public_id, then == RESOLVE

    def change(session: Session, ticket: Ticket) -> None:
        resolution_notes.keep(session, ticket.id, plain(text), staff=me)
        if resolves:
            lifecycle.set_status(session, ticket.id, Status.RESOLVED, actor=me, seen_seq=seen_seq)
            summaries.request(session, ticket.id)

    typed = Typed("", 0, seen_seq=seen_seq, solved_by=plain(text))
    done = Done.RESOLVED if resolves else Done.SOLVED_BY
    return act(request, viewer, public_id=public_id, change=change, done=done, typed=typed)


@router.post("/draft", status_code=204)
def keep_draft(viewer: Working, public_id: str, text: Text = "", seen_seq: Seen = None) -> None:
    """What is being written; the page sends it while one types."""
    with transaction() as session:
        ticket = find(session, public_id)
        seen = ticket.last_seq if seen_seq is None else seen_seq
        reply_drafts.save(session, ticket.id, viewer.principal.public_id, plain(text), seen_seq=seen)
