"""What staff do with a ticket: reply, note, assign, set the status. Each is one form and one transaction."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from accounts import users
from console.sessions import Viewer, Working
from console.ticket import Asked, Done, Typed, find, show, workers
from runtime import events
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput
from runtime.settings import settings
from tickets import lifecycle, notifications, queries, reply_drafts, summaries, templates
from tickets.contracts import Channel, Status
from tickets.mentions import Colleague, mentioned
from tickets.models import Ticket
from tickets.notifications import NotificationKind
from tickets.template_suggestions import values_of
from tickets.template_texts import fill, refuse_unfilled

router = APIRouter()
Change = Callable[[Session, Ticket], None]
Text = Annotated[str, Form(max_length=100_000)]
RESOLVE = "resolve"


def plain(text: str) -> str:
    """What a browser's text field sends, as it is kept."""
    return text.replace("\r\n", "\n").replace("\x00", "")


def act(
    request: Request, viewer: Viewer, *, public_id: str, change: Change, done: Done, typed: Typed
) -> Response:
    """Make the change and show the ticket; when it is refused, show why, with all that was typed."""
    try:
        with transaction() as session:
            change(session, find(session, public_id))
    except (Conflict, InvalidInput) as error:
        status = 409 if isinstance(error, Conflict) else 422
        refused = replace(typed, error=error.detail, status=status)
        return show(request, viewer, public_id=public_id, asked=Asked(typed=refused))
    return RedirectResponse(f"/console/tickets/{public_id}?done={done}", status_code=303)


@router.post("/tickets/{public_id}/reply")
def reply(  # noqa: PLR0913, PLR0917  # one argument for each field of the form
    request: Request,
    viewer: Working,
    public_id: str,
    seen_seq: Annotated[int, Form(ge=0)],
    text: Text = "",
    then: Annotated[str, Form(max_length=20)] = "",
    template: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Send a reply, and resolve the ticket when `then` says so. `template` is what it was begun with."""
    me, resolves = viewer.principal, then == RESOLVE
    words = plain(text)

    def change(session: Session, ticket: Ticket) -> None:
        refuse_unfilled(words)
        message_id = lifecycle.staff_reply(
            session,
            ticket.id,
            words,
            staff=me.public_id,
            name=me.name,
            seen_seq=seen_seq,
            hold_s=settings().console.undo_send_s,
        )
        reply_drafts.drop(session, ticket.id, me.public_id)
        _note_template(session, ticket, message_id, template, words, viewer)
        if resolves:
            lifecycle.set_status(session, ticket.id, Status.RESOLVED, actor=me.public_id)
            summaries.request(session, ticket.id)

    typed = Typed("", 0, reply=words, seen_seq=seen_seq)
    done = Done.RESOLVED if resolves else Done.SENT
    return act(request, viewer, public_id=public_id, change=change, done=done, typed=typed)


def _note_template(  # what was sent with what, and by whom
    session: Session, ticket: Ticket, message_id: int, template_id: str, sent: str, viewer: Viewer
) -> None:
    """One that was withdrawn meanwhile stops no reply."""
    known = {one.public_id: one for one in templates.list_templates(session)} if template_id else {}
    if template := known.get(template_id):
        values = values_of(queries.read_ticket(session, ticket.public_id), viewer.principal.name)
        filled, me = fill(template.text, values).text, viewer.principal.public_id
        templates.use(session, template, ticket.id, message_id, filled=filled, sent=sent, staff=me)


@router.post("/tickets/{public_id}/note")
def note(request: Request, viewer: Working, public_id: str, text: Text = "") -> Response:
    me, words = viewer.principal, plain(text)

    def change(session: Session, ticket: Ticket) -> None:
        lifecycle.add_note(session, ticket.id, words, staff=me.public_id, name=me.name)
        staff = [Colleague(one.public_id, one.name, one.email) for one in users.list_users(session)]
        for one in mentioned(words, staff):
            told = f"{me.name} mentioned you in a note."
            notifications.notify(session, one, NotificationKind.MENTION, told, ticket_id=ticket.id)

    return act(
        request, viewer, public_id=public_id, change=change, done=Done.NOTED, typed=Typed("", 0, note=words)
    )


@router.post("/tickets/{public_id}/typing", status_code=204)
def typing(_viewer: Working, public_id: str) -> None:
    """Somebody writes a reply: the visitor of a chat may see that."""
    with transaction() as session:
        ticket = find(session, public_id)
    if ticket.channel == Channel.WEB_CHAT:
        events.publish_now("typing.staff", ticket_id=ticket.id)


@router.post("/tickets/{public_id}/assign")
def assign(
    request: Request, viewer: Working, public_id: str, assignee: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Give the ticket to one of the staff; an empty `assignee` gives it to nobody."""

    def change(session: Session, ticket: Ticket) -> None:
        if assignee and assignee not in workers(session):
            raise InvalidInput("There is nobody with this id who works on tickets.", field="assignee")
        lifecycle.assign(session, ticket.id, assignee or None, actor=viewer.principal.public_id)
        if assignee and assignee != viewer.principal.public_id:
            told = f"{viewer.principal.name} assigned a ticket to you."
            notifications.notify(session, assignee, NotificationKind.ASSIGNED, told, ticket_id=ticket.id)

    return act(request, viewer, public_id=public_id, change=change, done=Done.ASSIGNED, typed=Typed("", 0))


@router.post("/tickets/{public_id}/status")
def set_status(
    request: Request,
    viewer: Working,
    public_id: str,
    status: Annotated[str, Form(max_length=20)] = "",
    seen_seq: Annotated[int | None, Form(ge=0)] = None,
) -> Response:
    def change(session: Session, ticket: Ticket) -> None:
        if status not in list(Status):
            raise InvalidInput("Choose a status.", field="status")
        lifecycle.set_status(
            session, ticket.id, Status(status), actor=viewer.principal.public_id, seen_seq=seen_seq
        )
        if status == Status.RESOLVED:
            summaries.request(session, ticket.id)

    done = Done.RESOLVED if status == Status.RESOLVED else Done.STATUS
    typed = Typed("", 0, seen_seq=seen_seq)
    return act(request, viewer, public_id=public_id, change=change, done=done, typed=typed)
