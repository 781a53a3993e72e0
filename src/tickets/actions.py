"""Proposed actions: what the agent proposes, what staff approve or decline, and what is done once.

proposed → awaiting_verification → awaiting_approval → approved → executing → done, failed or unknown; or declined,
or expired. Each step is an update on the condition of the state before it, so that of two at once one wins.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Row, Select, func, literal, or_, select, update
from sqlalchemy import case as sql_case
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from runtime import jobs
from runtime.errors import Conflict, InvalidInput, NotFound
from runtime.settings import settings
from tickets import lifecycle, proofs, timeline
from tickets.action_kinds import (
    DECLARATIONS,
    PAYS,
    UNDER_WAY,
    ActionKind,
    ActionState,
    Approver,
    Arguments,
    Proposal,
    in_words,
    parsed,
)
from tickets.action_models import Action
from tickets.contracts import Author, Case, Reason, Status
from tickets.models import Customer, Ticket
from tickets.public_ids import new_action_id

EXECUTE_ACTION = "agent_core.tasks.execute_action"
_MOST_LETTERS = 5_000
# What staff declined, or what ended without an effect, may be proposed again.
_BLOCKS = (*UNDER_WAY, ActionState.UNKNOWN)


@dataclass(frozen=True)
class ActionView:
    """An action as staff see it. `sentence` says in plain words what will be done."""

    action: Action
    ticket_public_id: str
    sentence: str

    @property
    def state(self) -> ActionState:
        return ActionState(self.action.state)

    @property
    def may_be_decided(self) -> bool:
        return self.state in (ActionState.AWAITING_APPROVAL, ActionState.AWAITING_VERIFICATION)


def propose(session: Session, case: Case, proposal: Proposal) -> Action | None:
    """Write the proposal down and take its first step. None when a limit of the desk stands against it.

    Call it in the transaction that gives the ticket to staff: they own what waits for them.
    """
    lock = f"actions:{case.customer_id}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(lock, 0))))
    if _is_too_much(session, case) or _is_there(session, case, proposal):
        timeline.record(
            session, case.ticket_id, "action_withheld", actor=Author.AGENT, what=proposal.kind.value
        )
        return None
    declared = DECLARATIONS[proposal.kind]
    action = Action(
        public_id=new_action_id(),
        ticket_id=case.ticket_id,
        customer_id=case.customer_id,
        customer_mail=case.customer_mail,
        kind=proposal.kind,
        arguments=proposal.arguments.model_dump(mode="json", exclude_none=True),
        checks=list(proposal.checks),
        language=case.language or "en",
        state=ActionState.PROPOSED,
        proposed_by=Author.AGENT,
        seen_seq=case.up_to_seq,
        answer=proposal.answer.strip(),
        expires_at=func.now() + timedelta(days=settings().agent.action_days),
    )
    session.add(action)
    session.flush()
    record(session, action, "action_proposed", actor=Author.AGENT)
    if declared.needs_proof:
        move(session, action, ActionState.AWAITING_VERIFICATION)
        proofs.open_for(session, action)
    else:
        go_on(session, action)
    return action


def go_on(session: Session, action: Action) -> None:
    """Identity is settled: staff approve, or what needs nobody's approval is done."""
    declared = DECLARATIONS[ActionKind(action.kind)]
    if declared.approver is Approver.STAFF or declared.always_staff:
        move(session, action, ActionState.AWAITING_APPROVAL)
        return
    move(session, action, ActionState.APPROVED)
    action.approved_at = func.now()
    session.flush()
    jobs.request(session, EXECUTE_ACTION, action.id)


def move(session: Session, action: Action, state: ActionState) -> None:
    """For a row that this transaction holds."""
    action.state = state
    session.flush()


def _is_too_much(session: Session, case: Case) -> bool:
    recent = select(func.count()).where(
        Action.customer_id == case.customer_id, Action.proposed_at > func.now() - timedelta(days=1)
    )
    return (session.scalar(recent) or 0) >= settings().agent.actions_per_day


def _is_there(session: Session, case: Case, proposal: Proposal) -> bool:
    """The same thing is proposed or done already: for the same order, or with the same arguments."""
    arguments = proposal.arguments.model_dump(mode="json", exclude_none=True)
    about = (
        Action.arguments["order_id"].astext == proposal.order_id
        if proposal.order_id
        else Action.arguments == arguments
    )
    pays = proposal.kind in PAYS
    # Money goes back once for an order, whatever it is called; a document may be wanted again another day.
    is_done = Action.state == ActionState.DONE
    if not pays:
        is_done &= Action.ended_at > func.now() - timedelta(days=1)
    same = select(Action.id).where(
        Action.customer_id == case.customer_id,
        Action.kind.in_(PAYS if pays else (proposal.kind,)),
        about,
        or_(Action.state.in_(_BLOCKS), is_done),
    )
    return session.scalar(same.limit(1)) is not None


def approve(
    session: Session, public_id: str, *, staff: str, name: str, seen_seq: int, answer: str | None = None
) -> Action:
    """One of the staff approves; the last one needed has it done. `answer` is what the customer is then told.

    Raises Conflict when it is not for approval any more, when this colleague has approved it already, or when its
    ticket stands against it.
    """
    if answer is not None and len(answer) > _MOST_LETTERS:
        raise InvalidInput(f"The answer is longer than {_MOST_LETTERS} characters.", field="answer")
    ticket = lifecycle.lock(session, find(session, public_id).ticket_id)
    waits = (
        Action.public_id == public_id,
        Action.state == ActionState.AWAITING_APPROVAL,
        Action.expires_at > func.now(),
        literal(staff) != func.all(Action.approved_by),
    )
    kind = session.scalar(select(Action.kind).where(*waits))
    if kind is None:
        raise _why_not(session, public_id, staff)
    _refuse_against_ticket(session, ActionKind(kind), ticket, seen_seq)
    enough = func.cardinality(Action.approved_by) + 1 >= _approvers_needed()
    approved = session.scalars(
        update(Action)
        .where(*waits)
        .values(
            approved_by=func.array_append(Action.approved_by, staff, type_=ARRAY(Text)),
            approver_name=name,
            state=sql_case((enough, ActionState.APPROVED.value), else_=Action.state),
            approved_at=sql_case((enough, func.now()), else_=None),
            answer=Action.answer if answer is None else answer.strip(),
            seen_seq=seen_seq,
        )
        .returning(Action)
        .execution_options(populate_existing=True)
    ).first()
    if approved is None:
        raise _why_not(session, public_id, staff)
    record(session, approved, "action_approved", actor=staff)
    if approved.state == ActionState.APPROVED:
        jobs.request(session, EXECUTE_ACTION, approved.id)
    return approved


def _refuse_against_ticket(session: Session, kind: ActionKind, ticket: Ticket, seen_seq: int) -> None:
    """Its customer must be there to be told, and must not have said more since."""
    if Status(ticket.status) in lifecycle.DONE:
        raise Conflict(
            f"The ticket is {ticket.status}: nothing is done for it any more unless it is opened again.",
            field="action",
        )
    if DECLARATIONS[kind].always_staff:
        lifecycle.refuse_unseen(session, ticket, seen_seq)


def _approvers_needed() -> ColumnElement[int]:
    """Two where the desk wants that, for what moves money or ends an account."""
    strict = [kind for kind, one in DECLARATIONS.items() if one.always_staff]
    return sql_case((Action.kind.in_(strict), settings().agent.action_approvers), else_=1)


def _why_not(session: Session, public_id: str, staff: str) -> Conflict:
    action = find(session, public_id)
    if action.state == ActionState.AWAITING_APPROVAL and staff in action.approved_by:
        return Conflict("You have approved this already: a second person must do so too.", field="action")
    if action.state == ActionState.AWAITING_VERIFICATION:
        return Conflict("The customer has not proven who they are yet.", field="action")
    if action.state == ActionState.AWAITING_APPROVAL:
        return Conflict("This action has expired.", field="action")
    return Conflict(f"This action is {action.state.replace('_', ' ')} already.", field="action")


def decline(session: Session, public_id: str, *, staff: str, reason: str) -> Action:
    """Staff do not want it. Raises Conflict when it is too late, InvalidInput without a reason."""
    why = " ".join(reason.split())
    if not why or len(why) > 500:
        raise InvalidInput("Say why in at most 500 characters.", field="reason")
    lifecycle.lock(session, find(session, public_id).ticket_id)
    declined = session.scalars(
        update(Action)
        .where(
            Action.public_id == public_id,
            Action.state.in_((ActionState.AWAITING_APPROVAL, ActionState.AWAITING_VERIFICATION)),
        )
        .values(state=ActionState.DECLINED, outcome=why, ended_at=func.now())
        .returning(Action)
        .execution_options(populate_existing=True)
    ).first()
    if declined is None:
        raise _why_not(session, public_id, staff)
    proofs.close(session, declined.id)
    record(session, declined, "action_declined", actor=staff)
    return declined


def expire(session: Session) -> int:
    """End what nobody has decided in time; staff get to know it. Returns how many."""
    late = (
        Action.state.in_((ActionState.AWAITING_APPROVAL, ActionState.AWAITING_VERIFICATION)),
        Action.expires_at <= func.now(),
    )
    held = session.scalars(
        select(Ticket.id)
        .where(Ticket.id.in_(select(Action.ticket_id).where(*late)))
        .order_by(Ticket.id)
        .with_for_update()
    ).all()
    expired = session.scalars(
        update(Action)
        .where(*late, Action.ticket_id.in_(held))
        .values(state=ActionState.EXPIRED, ended_at=func.now())
        .returning(Action)
    ).all()
    for action in expired:
        proofs.close(session, action.id)
        record(session, action, "action_expired", actor=Author.SYSTEM)
        wake_staff(session, action.ticket_id, Reason.HIGH_STAKES_ACTION)
    return len(expired)


def wake_staff(session: Session, ticket_id: int, reason: Reason) -> None:
    """Staff have something to do on the ticket, unless they have ended it themselves."""
    status = session.scalars(select(Ticket.status).where(Ticket.id == ticket_id)).one()
    if Status(status) not in lifecycle.DONE:
        lifecycle.hand_to_staff(session, ticket_id, reason)


def find(session: Session, public_id: str) -> Action:
    action = session.scalars(
        select(Action).where(Action.public_id == public_id).execution_options(populate_existing=True)
    ).first()
    if action is None:
        raise NotFound(f"There is no action {public_id[:40]}.")
    return action


def read(session: Session, public_id: str) -> ActionView:
    """Raises NotFound."""
    rows = session.execute(_shown().where(Action.public_id == public_id)).all()
    if not rows:
        raise NotFound(f"There is no action {public_id[:40]}.")
    return _view(rows[0])


def of_ticket(session: Session, ticket_id: int) -> list[ActionView]:
    """The newest first."""
    rows = session.execute(_shown().where(Action.ticket_id == ticket_id).order_by(Action.id.desc()))
    return [_view(row) for row in rows]


def _shown() -> Select[Action, str, str]:
    return (
        select(Action, Ticket.public_id, Customer.name)
        .join(Ticket, Ticket.id == Action.ticket_id)
        .join(Customer, Customer.id == Action.customer_id)
        .execution_options(populate_existing=True)
    )


def _view(row: Row[Action, str, str]) -> ActionView:
    action, ticket, name = row
    return ActionView(action, ticket, in_words(ActionKind(action.kind), arguments_of(action), name))


def arguments_of(action: Action) -> Arguments:
    return parsed(ActionKind(action.kind), action.arguments)


def record(session: Session, action: Action, happened: str, *, actor: str) -> None:
    """On the timeline: which action and what it is, never its arguments."""
    timeline.record(
        session, action.ticket_id, happened, actor=actor, action=action.public_id, what=action.kind
    )
