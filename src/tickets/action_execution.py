"""The doing of an approved action: claimed once, and never repeated while it is not known what became of it.

approved → executing(token) → done | failed | unknown, like the outbox of replies.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from runtime import jobs
from runtime.errors import Conflict
from tickets import actions, lifecycle
from tickets.action_kinds import ActionKind, ActionState
from tickets.action_models import Action
from tickets.actions import EXECUTE_ACTION
from tickets.contracts import Author, Reason

_LEASE_S = 60.0
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 300.0
_MOST_ATTEMPTS = 10  # After about a quarter of an hour.
_SWEPT_AFTER_S = 10.0


@dataclass(frozen=True)
class Work:
    """An action that this worker does. `may_have_reached_the_shop`: ask the shop first what became of it."""

    action_id: int
    public_id: str
    ticket_id: int
    kind: ActionKind
    mail: str = field(repr=False)
    arguments: dict[str, Any] = field(repr=False)
    token: str
    is_last: bool
    may_have_reached_the_shop: bool


def claim(session: Session, action_id: int) -> Work | None:
    """Take an approved action, or one whose worker died. None: it is done, somebody else has it, or it is given up."""
    _lock_ticket_of_given_up(session, action_id)
    action = session.scalars(
        select(Action)
        .where(
            Action.id == action_id,
            Action.state.in_((ActionState.APPROVED, ActionState.EXECUTING)),
            or_(Action.due_at.is_(None), Action.due_at <= func.now()),
        )
        .with_for_update(skip_locked=True)
    ).first()
    if action is None:
        return None
    if action.attempts >= _MOST_ATTEMPTS:
        _give_up(session, action)
        return None
    was_begun = action.state == ActionState.EXECUTING
    action.state = ActionState.EXECUTING
    action.claim_token = secrets.token_hex(16)
    action.attempts += 1
    action.due_at = func.now() + timedelta(seconds=_LEASE_S)
    session.flush()
    return Work(
        action.id,
        action.public_id,
        action.ticket_id,
        ActionKind(action.kind),
        action.customer_mail,
        dict(action.arguments),
        action.claim_token,
        is_last=action.attempts >= _MOST_ATTEMPTS,
        may_have_reached_the_shop=was_begun,
    )


def _lock_ticket_of_given_up(session: Session, action_id: int) -> None:
    """Giving up touches the ticket too, whose row is taken before the action's."""
    query = select(Action.ticket_id).where(Action.id == action_id, Action.attempts >= _MOST_ATTEMPTS)
    for ticket_id in session.scalars(query):
        lifecycle.lock(session, ticket_id)


def _give_up(session: Session, action: Action) -> None:
    """Its workers died again and again without a word: staff ask the shop."""
    _end(session, action, ActionState.UNKNOWN)
    _leave_to_staff(session, action, "It was tried too often, and no attempt came to an end.")


def mark_done(session: Session, work: Work, *, reference: str) -> bool:
    """The shop has done it: the customer is told what staff approved, or staff tell them. False: not ours any more."""
    action = _ended(session, work, ActionState.DONE)
    if action is None:
        return False
    action.reference = reference
    session.flush()
    actions.record(session, action, "action_done", actor=Author.SYSTEM)
    _tell(session, action)
    return True


def mark_failed(session: Session, work: Work, *, why: str) -> bool:
    """It was certainly not done, and will not be: staff have to look."""
    return _to_staff(session, work, ActionState.FAILED, why)


def park_unknown(session: Session, work: Work, *, why: str) -> bool:
    """Nobody can say whether it was done: staff ask the shop."""
    return _to_staff(session, work, ActionState.UNKNOWN, why)


def postpone(session: Session, work: Work, *, why: str, retry_after_s: float | None = None) -> None:
    """It was certainly not done: it is tried again later."""
    action = _mine(session, work)
    if action:
        action.state = ActionState.APPROVED
        _pause(action, why, retry_after_s)
        session.flush()


def note_doubt(session: Session, work: Work, *, why: str) -> None:
    """It may have been done: the next worker asks the shop."""
    action = _mine(session, work)
    if action:
        _pause(action, why, None)
        session.flush()


def sweep(session: Session) -> int:
    """Ask again for what is approved and not done; returns how many there are."""
    lost = session.scalars(
        select(Action.id)
        .where(
            Action.state.in_((ActionState.APPROVED, ActionState.EXECUTING)),
            func.coalesce(Action.due_at, Action.approved_at + timedelta(seconds=_SWEPT_AFTER_S))
            <= func.now(),
        )
        .limit(100)
    ).all()
    for action_id in lost:
        jobs.request(session, EXECUTE_ACTION, action_id)
    return len(lost)


def _mine(session: Session, work: Work) -> Action | None:
    """The action while this worker still holds it, with its ticket's row taken before."""
    lifecycle.lock(session, work.ticket_id)
    return session.scalars(
        select(Action)
        .where(
            Action.id == work.action_id,
            Action.claim_token == work.token,
            Action.state == ActionState.EXECUTING,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def _pause(action: Action, why: str, retry_after_s: float | None) -> None:
    pause_s = min(retry_after_s or _FIRST_PAUSE_S * 2**action.attempts, _LONGEST_PAUSE_S)
    action.claim_token = None
    action.outcome = why
    action.due_at = func.now() + timedelta(seconds=pause_s)


def _ended(session: Session, work: Work, state: ActionState) -> Action | None:
    action = _mine(session, work)
    if action:
        _end(session, action, state)
    return action


def _end(session: Session, action: Action, state: ActionState) -> None:
    action.state = state
    action.claim_token = None
    action.due_at = None
    action.ended_at = func.now()
    session.flush()


def _to_staff(session: Session, work: Work, state: ActionState, why: str) -> bool:
    action = _ended(session, work, state)
    if action is None:
        return False
    _leave_to_staff(session, action, why)
    return True


def _leave_to_staff(session: Session, action: Action, why: str) -> None:
    action.outcome = why
    session.flush()
    actions.record(session, action, f"action_{action.state}", actor=Author.SYSTEM)
    lifecycle.hand_to_staff(session, action.ticket_id, Reason.TOOL_FAILURE)


def _tell(session: Session, action: Action) -> None:
    """By the approver's own reply when they approved. When nothing can be sent, staff tell the customer."""
    if not _could_tell(session, action):
        lifecycle.hand_to_staff(session, action.ticket_id, Reason.HIGH_STAKES_ACTION)


def _could_tell(session: Session, action: Action) -> bool:
    if not action.answer:
        return False
    if not action.approved_by:
        return lifecycle.tell(session, action.ticket_id, action.answer) is not None
    try:
        lifecycle.staff_reply(
            session,
            action.ticket_id,
            action.answer,
            staff=action.approved_by[-1],
            name=action.approver_name,
            seen_seq=action.seen_seq,
        )
    except Conflict:
        return False
    return True
