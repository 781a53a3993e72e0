"""Staff decide about the actions that wait on a ticket: approve, decline, have another code sent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from accounts import audit
from accounts.permissions import Permission
from console import ticket as pages
from console.sessions import Viewer, worker
from console.ticket import Asked, Done, Typed
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput
from tickets import actions, verification

router = APIRouter()
_NOTHING_TYPED = Typed("", 0)
ActionId = Annotated[str, Path(pattern=r"^ACT-[0-9A-Z]{16}$")]


def approver(viewer: Annotated[Viewer, Depends(worker)]) -> Viewer:
    """The viewer of a form of ours, who may approve actions."""
    viewer.principal.require(Permission.APPROVE_ACTIONS)
    return viewer


Approving = Annotated[Viewer, Depends(approver)]


@router.post("/actions/{action_id}/approve")
def approve(
    request: Request,
    viewer: Approving,
    action_id: ActionId,
    seen_seq: Annotated[int, Form(ge=0)],
    answer: Annotated[str, Form(max_length=5_000)] = "",
) -> Response:
    """The customer is told `answer` when it is done."""
    me = viewer.principal
    told = answer.replace("\r\n", "\n").replace("\x00", "")

    def change(session: Session) -> None:
        actions.approve(session, action_id, staff=me.public_id, name=me.name, seen_seq=seen_seq, answer=told)
        audit.record(session, audit.Action.APPROVE_ACTION, actor=me.public_id, target=action_id)

    typed = Typed("", 0, seen_seq=seen_seq, answers={action_id: told})
    return _decide(request, viewer, action_id=action_id, change=change, done=Done.APPROVED, typed=typed)


@router.post("/actions/{action_id}/decline")
def decline(
    request: Request,
    viewer: Approving,
    action_id: ActionId,
    reason: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    me = viewer.principal

    def change(session: Session) -> None:
        actions.decline(session, action_id, staff=me.public_id, reason=reason)
        audit.record(session, audit.Action.DECLINE_ACTION, actor=me.public_id, target=action_id)

    return _decide(request, viewer, action_id=action_id, change=change, done=Done.DECLINED)


@router.post("/actions/{action_id}/code")
def send_code(request: Request, viewer: Approving, action_id: ActionId) -> Response:
    """Another code for the customer, in place of the last one."""

    def change(session: Session) -> None:
        verification.send_again(session, action_id, staff=viewer.principal.public_id)

    return _decide(request, viewer, action_id=action_id, change=change, done=Done.CODE_SENT)


def _decide(
    request: Request,
    viewer: Viewer,
    *,
    action_id: str,
    change: Callable[[Session], None],
    done: Done,
    typed: Typed = _NOTHING_TYPED,
) -> Response:
    """Make the change and show the ticket; when it is refused, show why, with what was typed."""
    with transaction() as session:
        public_id = actions.read(session, action_id).ticket_public_id
    try:
        with transaction() as session:
            change(session)
    except (Conflict, InvalidInput) as error:
        status = 409 if isinstance(error, Conflict) else 422
        refused = replace(typed, error=error.detail, status=status)
        return pages.show(request, viewer, public_id=public_id, asked=Asked(typed=refused))
    return RedirectResponse(f"/console/tickets/{public_id}?done={done}", status_code=303)
