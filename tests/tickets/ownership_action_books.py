"""What is known of the actions of the ownership test from outside: proofs, approvals, and who was told."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from runtime.database import transaction
from tests.tickets.ownership_books import OVERTAKEN
from tests.tickets.ownership_desk import OwnedDesk
from tests.tickets.ownership_shop import Postbox, ScriptedShop
from tickets.action_kinds import (
    DECLARATIONS,
    ActionKind,
    ActionState,
    Approver,
    CloseArguments,
    Document,
    PlanArguments,
    Proposal,
    RefundArguments,
    ResendArguments,
)
from tickets.action_models import Action
from tickets.contracts import Author, IncomingMessage, Kind, Receipt, Status
from tickets.models import Message, Ticket

THANKS = "Thank you!"
_UNPROVEN = (ActionState.AWAITING_VERIFICATION, ActionState.DECLINED, ActionState.EXPIRED)
_DONE = (Status.RESOLVED, Status.CLOSED, Status.MERGED)
_BY_ITSELF = (ActionState.FAILED, ActionState.UNKNOWN, ActionState.EXPIRED, ActionState.DONE)


@dataclass
class Mailed:
    """The newest code and link that were mailed for an action."""

    code: str
    link: str


def proposal_of(kind: ActionKind, number: int) -> Proposal:
    """`number`: of the order, and of the answer, by which the customer's being told is recognised."""
    order_id = f"A-100{number % 2}"
    arguments = {
        ActionKind.REFUND: RefundArguments(order_id=order_id, amount=Decimal(number + 1), currency="EUR"),
        ActionKind.RESEND: ResendArguments(order_id=order_id, document=Document.INVOICE),
        ActionKind.PLAN_CHANGE: PlanArguments(plan="basic"),
        ActionKind.CLOSE_ACCOUNT: CloseArguments(),
    }
    return Proposal(kind, arguments[kind], answer=f"Done {number}.")


class ActionBooks(OwnedDesk):
    """`proven` and `approved` are the model: what customers showed and staff said."""

    shop = ScriptedShop()
    postbox = Postbox()

    def __init__(self) -> None:
        super().__init__()
        self.shop.forget()
        self.actions: list[Action] = []
        self.answers = 0
        self.mailed: dict[int, Mailed] = {}
        self.proven: set[int] = set()
        self.approved: set[int] = set()
        self.ended: set[int] = set()
        self.questions: dict[int, int] = {}

    def _note_received(self, session: Session, receipt: Receipt, message: IncomingMessage) -> None:
        before = self.newest.get(receipt.ticket_id)
        super()._note_received(session, receipt, message)
        newest = self.newest.get(receipt.ticket_id)
        if message.text != THANKS and newest is not None and newest != before:
            self.questions[receipt.ticket_id] = newest

    def _note_ended(self) -> None:
        """Staff learn of what ended badly; of what was done the customer is told, or else staff tell them."""
        ended = select(Action, Ticket.status).join(Ticket).where(Action.state.in_(_BY_ITSELF))
        with transaction() as session:
            rows = session.execute(ended.where(Action.id.not_in(self.ended))).all()
        for action, status in rows:
            self.ended.add(action.id)
            told = self._told(action)
            if told is Author.STAFF:
                assert action.seen_seq >= self.newest[action.ticket_id], "told over a message nobody had read"
                self.owed.discard(action.ticket_id)
            elif told is None and (action.state != ActionState.EXPIRED or status not in _DONE):
                self.owed.add(action.ticket_id)

    def _told(self, action: Action) -> Author | None:
        """Who told the customer that it was done."""
        query = select(Message.author).where(
            Message.ticket_id == action.ticket_id,
            Message.text == action.answer,
            Message.kind == Kind.OUTBOUND,
        )
        with transaction() as session:
            author = session.scalars(query).first()
        return None if author is None else Author(author)

    def _last_answer(self, ticket_id: int) -> int:
        query = select(func.max(Message.seq)).where(
            Message.ticket_id == ticket_id,
            Message.kind == Kind.OUTBOUND,
            Message.author != Author.SYSTEM,
            Message.delivery_error != OVERTAKEN,
        )
        with transaction() as session:
            return session.scalar(query) or 0

    def _statuses(self) -> dict[int, Status]:
        with transaction() as session:
            rows = session.execute(select(Ticket.id, Ticket.status)).all()
        return {row[0]: Status(row[1]) for row in rows}

    def _action(self, which: int, *states: ActionState) -> Action:
        """One in these states, if there is any: else most steps would meet an action that they are not for."""
        fitting = [one for one in self.actions if one.state in states] or self.actions
        return fitting[which % len(fitting)]

    def _was_allowed(self, action: Action) -> None:
        state, declared = ActionState(action.state), DECLARATIONS[ActionKind(action.kind)]
        if declared.needs_proof and state not in _UNPROVEN:
            assert action.id in self.proven, "an action went on without a proof"
        is_done = action.public_id in self.shop.done
        if is_done and declared.approver is Approver.STAFF:
            assert action.id in self.approved, "what nobody approved was done"
        if state is ActionState.DONE:
            assert is_done, "the shop knows nothing of it"
        elif state not in (ActionState.EXECUTING, ActionState.UNKNOWN):
            assert not is_done, f"it was done, and is called {state}"
