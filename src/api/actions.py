"""REST for programs and staff: the actions that wait on a ticket, and what staff decide about them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from accounts import audit
from accounts.access import allowed
from accounts.permissions import Permission, Principal
from runtime.database import transaction
from runtime.errors import Forbidden
from tickets import actions, queries
from tickets.action_kinds import ActionKind, ActionState
from tickets.actions import ActionView as Shown

router = APIRouter(prefix="/api/v1", tags=["actions"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]
Approver = Annotated[Principal, Depends(allowed(Permission.APPROVE_ACTIONS))]
ActionId = Annotated[str, Path(pattern=r"^ACT-[0-9A-Z]{16}$", examples=["ACT-7Q4K2M9X7Q4K2M9X"])]


class ActionView(BaseModel):
    """`sentence` says what will be done, `checks` which limits were looked at, `outcome` why it ended as it did."""

    action_id: Annotated[str, Field(examples=["ACT-7Q4K2M9X7Q4K2M9X"])]
    ticket_id: str
    kind: ActionKind
    arguments: dict[str, Any]
    sentence: Annotated[str, Field(examples=["Refund 49.00 EUR for order A-1001 to Alice"])]
    checks: list[str]
    state: ActionState
    proposed_by: str
    approved_by: list[str]
    answer: str
    outcome: str
    reference: str
    verified_at: datetime | None
    proposed_at: datetime
    approved_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime


class ActionList(BaseModel):
    actions: list[ActionView]


class Approval(BaseModel):
    """`seen_seq` is the `seq` of the newest message of the ticket that the approver has read; it is required.

    When a person has written since, a refund or the closing of an account is refused with 409 (read it, and approve
    again). Any other action is approved, and any action may meet a message that comes between approval and execution:
    it is done, but its `answer` is not sent over the unread message; the ticket goes to staff, who tell the customer.
    """

    model_config = ConfigDict(extra="forbid")

    seen_seq: Annotated[
        int,
        Field(
            ge=0,
            description="The newest message that was read. A newer one stops a refund or a closing, and any answer.",
            examples=[3],
        ),
    ]
    answer: Annotated[
        str | None,
        Field(
            max_length=5_000, description="What the customer is told when it is done; absent: as proposed."
        ),
    ] = None


class Refusal(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/tickets/{ticket_id}/actions", summary="List a ticket's actions")
def list_actions(ticket_id: str, _reader: Reader) -> ActionList:
    """The newest first."""
    with transaction() as session:
        ticket = queries.find_ticket(session, ticket_id)
        return ActionList(actions=[_view(one) for one in actions.of_ticket(session, ticket.id)])


@router.post("/actions/{action_id}/approve", summary="Approve an action")
def approve(action_id: ActionId, body: Approval, approver: Approver) -> ActionView:
    """Once, by a person: a program's key is refused. 409 when it is not for approval any more."""
    _refuse_programs(approver, action_id)
    with transaction() as session:
        actions.approve(
            session,
            action_id,
            staff=approver.public_id,
            name=approver.name,
            seen_seq=body.seen_seq,
            answer=body.answer,
        )
        audit.record(session, audit.Action.APPROVE_ACTION, actor=approver.public_id, target=action_id)
        return _view(actions.read(session, action_id))


@router.post("/actions/{action_id}/decline", summary="Decline an action")
def decline(action_id: ActionId, body: Refusal, approver: Approver) -> ActionView:
    _refuse_programs(approver, action_id)
    with transaction() as session:
        actions.decline(session, action_id, staff=approver.public_id, reason=body.reason)
        audit.record(session, audit.Action.DECLINE_ACTION, actor=approver.public_id, target=action_id)
        return _view(actions.read(session, action_id))


def _refuse_programs(approver: Principal, action_id: str) -> None:
    """What waits for staff waits for a person."""
    if approver.user_id is not None:
        return
    with transaction() as session:
        audit.record(session, audit.Action.REFUSE_APPROVAL, actor=approver.public_id, target=action_id)
    raise Forbidden(f"{approver.name} may not do this: only a person decides about an action.")


def _view(shown: Shown) -> ActionView:
    action = shown.action
    return ActionView(
        action_id=action.public_id,
        ticket_id=shown.ticket_public_id,
        kind=ActionKind(action.kind),
        arguments=action.arguments,
        sentence=shown.sentence,
        checks=action.checks,
        state=shown.state,
        proposed_by=action.proposed_by,
        approved_by=action.approved_by,
        answer=action.answer,
        outcome=action.outcome,
        reference=action.reference,
        verified_at=action.verified_at,
        proposed_at=action.proposed_at,
        approved_at=action.approved_at,
        ended_at=action.ended_at,
        expires_at=action.expires_at,
    )
