"""What staff do with several tickets at once. Each is a transaction of its own: one that is refused stops no other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from accounts import users
from console import queue
from console.rendering import render
from console.sessions import Viewer, Working, local_path
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound
from tickets import lifecycle, queries
from tickets.contracts import Priority, Status
from tickets.lifecycle import Corrections
from tickets.models import Ticket

router = APIRouter()
_MOST = 200
_SNOOZES = {"1": timedelta(days=1), "3": timedelta(days=3), "7": timedelta(days=7)}


class Do(StrEnum):
    RESOLVE = "resolve"
    ASSIGN = "assign"
    TAKE = "take"
    SNOOZE = "snooze"
    PRIORITY = "priority"


@dataclass(frozen=True)
class Refused:
    """A ticket that stayed as it was, and why."""

    public_id: str
    why: str


@dataclass(frozen=True)
class Chosen:
    """A row that was marked, and the newest message when it was shown."""

    public_id: str
    seen_seq: int | None

    @classmethod
    def of(cls, marked: str) -> "Chosen":
        public_id, _, seq = marked.partition(":")
        return cls(public_id, int(seq) if seq.isascii() and seq.isdecimal() else None)


@router.post("/queue/bulk")
def change_many(  # noqa: PLR0913, PLR0917  # one argument for each field of the form
    request: Request,
    viewer: Working,
    do: Annotated[Do, Form()],
    ticket: Annotated[list[str], Form(max_length=_MOST)] = [],  # noqa: B006  # FastAPI copies it
    assignee: Annotated[str, Form(max_length=40)] = "",
    days: Annotated[str, Form(max_length=3)] = "1",
    priority: Annotated[str, Form(max_length=20)] = "",
    at: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Change what was marked, and show the list again with what was refused."""
    change = _change(do, viewer, assignee=assignee, days=days, priority=priority)
    chosen = [Chosen.of(one) for one in ticket]
    refused = [said for one in chosen if (said := _try(one, change))]
    told = f"{_counted(len(chosen) - len(refused))} changed." if chosen else "Mark tickets first."
    if "hx-request" in request.headers or refused:
        return _list(request, viewer, at, told, refused)
    return RedirectResponse(local_path(at), status_code=303)


def _counted(count: int) -> str:
    return "1 ticket" if count == 1 else f"{count} tickets"


Change = Callable[[Session, Ticket, int | None], None]


def _change(do: Do, viewer: Viewer, *, assignee: str, days: str, priority: str) -> Change:
    """The change of one ticket. Raises InvalidInput for a value that is none."""
    me = viewer.principal.public_id

    def resolve(session: Session, ticket: Ticket, seen: int | None) -> None:
        lifecycle.set_status(session, ticket.id, Status.RESOLVED, actor=me, seen_seq=seen)

    def assign(session: Session, ticket: Ticket, _seen: int | None) -> None:
        to = me if do is Do.TAKE else assignee
        if to and to not in {user.public_id for user in users.may_be_assigned(session)}:
            raise InvalidInput("There is nobody with this id who works on tickets.", field="assignee")
        lifecycle.assign(session, ticket.id, to or None, actor=me)

    def snooze(session: Session, ticket: Ticket, seen: int | None) -> None:
        until = datetime.now(UTC) + _SNOOZES.get(days, _SNOOZES["1"])
        lifecycle.snooze(session, ticket.id, until, actor=me, seen_seq=seen)

    def prioritise(session: Session, ticket: Ticket, _seen: int | None) -> None:
        if priority not in list(Priority):
            raise InvalidInput("Choose a priority.", field="priority")
        lifecycle.correct(session, ticket.id, Corrections(priority=Priority(priority)), staff=me)

    return {Do.RESOLVE: resolve, Do.SNOOZE: snooze, Do.PRIORITY: prioritise}.get(do, assign)


def _try(chosen: Chosen, change: Change) -> Refused | None:
    try:
        with transaction() as session:
            change(session, queries.find_ticket(session, chosen.public_id[:40]), chosen.seen_seq)
    except (Conflict, InvalidInput, NotFound) as error:
        return Refused(chosen.public_id[:40], error.detail)
    return None


def _list(request: Request, viewer: Viewer, at: str, told: str, refused: list[Refused]) -> Response:
    """The list as it is now: a fragment for a script, else the page."""
    given = dict(parse_qsl(local_path(at).partition("?")[2]))
    fields = ("view", "q", "status", "priority", "category", "after", "queue")
    wanted = queue.wanted_by_address(**{name: given.get(name, "")[:200] for name in fields})
    shown = queue.shown(wanted, viewer.principal.public_id) | {"note": told, "refused": refused}
    by_script = "hx-request" in request.headers
    return render(
        request,
        "queue_list.html" if by_script else "queue.html",
        viewer=viewer,
        status=409 if refused and not by_script else 200,
        **shown,
    )
