"""What a ticket's page says of its actions: their states, and their steps on the timeline."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from accounts.permissions import Permission
from console.sessions import Viewer
from console.words import humanised
from tickets import actions
from tickets.action_kinds import ActionState
from tickets.actions import ActionView

STATES: dict[ActionState, str] = {
    ActionState.PROPOSED: "Proposed",
    ActionState.AWAITING_VERIFICATION: "Waits for the customer to prove who they are",
    ActionState.AWAITING_APPROVAL: "Waits for approval",
    ActionState.APPROVED: "Approved, will be done",
    ActionState.EXECUTING: "Being done",
    ActionState.DONE: "Done",
    ActionState.FAILED: "Not done",
    ActionState.UNKNOWN: "Nobody knows whether it was done: ask the shop",
    ActionState.DECLINED: "Declined",
    ActionState.EXPIRED: "Expired",
}

_STEPS = {
    "action_proposed": "{who} proposed: {what}",
    "action_withheld": "{who} proposed nothing: it is under way or done already, or too much for a day ({what})",
    "action_approved": "{who} approved: {what}",
    "action_declined": "{who} declined: {what}",
    "action_expired": "Nobody decided in time: {what}",
    "action_done": "The shop has done it: {what}",
    "action_failed": "The shop did not do it: {what}",
    "action_unknown": "Nobody knows whether the shop did it: {what}",
    "action_verified": "The customer proved who they are for: {what}",
    "code_sent": "A code was mailed to the customer for: {what}",
    "code_asked": "{who} asked for another code for: {what}",
    "code_refused": "A code was not right, for: {what}",
    "code_used_up": "Too many wrong codes for: {what}",
    "code_failed": "No code could be mailed to the customer for: {what}",
}


def beside(session: Session, ticket_id: int, viewer: Viewer) -> dict[str, object]:
    """What the template needs."""
    return {
        "approvals": actions.of_ticket(session, ticket_id),
        "may_approve": Permission.APPROVE_ACTIONS in viewer.principal.permissions,
        "action_state": state_words,
    }


def state_words(view: ActionView) -> str:
    return STATES[view.state]


def step(kind: str, who: str, data: Mapping[str, object]) -> str:
    """The line of the timeline; empty for what is no step of an action."""
    line = _STEPS.get(kind, "")
    return line.format(who=who, what=humanised(str(data.get("what") or "action")).lower())
