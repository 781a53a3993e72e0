"""The desk of the ownership test with actions and thanks: what is proposed, proven, approved and done, in any order.

`proven` and `approved` are the model: what customers showed and staff said. The shop knows what was done.
"""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import select

import agent_core.tasks
import ingestion.codes
from agent_core.actions import carry_out
from ingestion import intake
from runtime.database import transaction
from runtime.errors import NotFound
from tests.code_desk import other_than
from tests.samples import a_decision, a_message
from tests.tickets.ownership_action_books import THANKS, ActionBooks, Mailed, proposal_of
from tests.tickets.ownership_books import pick, tried
from tests.tickets.ownership_people import Fate, Killed, let_time_pass
from tests.tickets.ownership_shop import ShopFate
from tickets import action_execution, actions, lifecycle, verification
from tickets.action_kinds import (
    DECLARATIONS,
    UNDER_WAY,
    ActionKind,
    ActionState,
)
from tickets.action_models import Action
from tickets.contracts import Case, Channel, Reason, Status

_CHANNELS = (Channel.MAIL, Channel.WEB_CHAT, Channel.API, Channel.FACEBOOK)
KINDS = (ActionKind.REFUND, ActionKind.RESEND, ActionKind.PLAN_CHANGE, ActionKind.CLOSE_ACCOUNT)
# So that every way from a proposal to its end is walked: with and without a proof, with and without staff.
UNATTENDED = (ActionKind.RESEND, ActionKind.PLAN_CHANGE)
_DONE = (Status.RESOLVED, Status.CLOSED, Status.MERGED)
_MOST_ROUNDS = 15


class ActingDesk(ActionBooks):
    """Every conversation may lead to an action, and end in thanks."""

    @initialize(channel=st.sampled_from(_CHANNELS), kind=st.sampled_from((None, *KINDS)))
    def somebody_has_written(self, channel: Channel, kind: ActionKind | None) -> None:
        """Hypothesis leaves rules out of a story: without a message nothing would happen in it at all."""
        self.a_customer_writes(Channel.MAIL)
        if kind:
            self.a_worker_claims()
            self._propose(self.workers.pop(), kind)
        self.a_customer_writes(channel)

    # Thanks.

    @precondition(lambda self: self.conversations)
    @rule(which=pick)
    def the_customer_thanks(self, which: int) -> None:
        conversation = self.conversations[which % len(self.conversations)]
        owed, statuses, deadlines = set(self.owed), self._statuses(), self._deadlines()
        ticket_id = self._received(replace(conversation.again(), text=THANKS)).ticket_id
        if ticket_id in owed:
            assert self._deadlines()[ticket_id] <= deadlines[ticket_id], "thanks moved a deadline away"
        elif ticket_id in statuses:
            self.owed.discard(ticket_id)
            if statuses[ticket_id] in (Status.WAITING_CUSTOMER, Status.RESOLVED):
                assert self._statuses()[ticket_id] == statuses[ticket_id], "thanks opened a ticket"

    @precondition(lambda self: self.tickets)
    @rule(which=pick)
    def staff_wait_for_the_customer(self, which: int) -> None:
        """They may, when all that was asked is answered; thanks are not asking."""
        ticket_id = self._ticket(which)
        was_done = self._statuses()[ticket_id] in _DONE
        is_answered = self._last_answer(ticket_id) > self.questions.get(ticket_id, 0)
        with tried() as could, transaction() as session:
            lifecycle.set_status(session, ticket_id, Status.WAITING_CUSTOMER, actor="AGENT-1")
        if not was_done:
            assert could() == is_answered, "an answer was overlooked, or a question"
        if could():
            self.owed.discard(ticket_id)

    # What the agent proposes.

    @precondition(lambda self: self.workers)
    @rule(which=pick, kind=st.sampled_from(KINDS))
    def a_worker_proposes(self, which: int, kind: ActionKind) -> None:
        self._propose(self._worker(which), kind)

    @precondition(lambda self: self.conversations)
    @rule(which=pick, kind=st.sampled_from(KINDS))
    def somebody_wants_something_and_it_is_proposed(self, which: int, kind: ActionKind) -> None:
        """The steps of it alone would seldom come one after the other."""
        self.the_customer_writes_again(which)
        before = len(self.workers)
        self.a_worker_claims()
        if len(self.workers) > before:
            self._propose(self.workers.pop(), kind)

    @precondition(lambda self: self.actions)
    @rule(which=pick)
    def staff_approve_and_it_is_done(self, which: int) -> None:
        self.staff_approve(which, has_read_all=True)
        self.actions_hold()
        self.an_action_is_executed(which, ShopFate.DONE, tells_fates=True)

    @precondition(lambda self: self.actions)
    @rule(which=pick)
    def the_customer_gets_a_code_and_writes_it(self, which: int) -> None:
        self.a_code_is_mailed(which, Fate.TAKEN)
        if self.mailed:
            self.the_customer_writes_a_code(len(self.mailed) - 1, is_right=True)

    def _propose(self, case: Case, kind: ActionKind) -> None:
        self.answers += 1
        decision = a_decision(reason=Reason.HIGH_STAKES_ACTION)
        with transaction() as session:
            accepted = lifecycle.escalate(session, case, decision)
            if accepted and case.customer_mail:
                actions.propose(session, case, proposal_of(kind, self.answers))
        if accepted:
            self._was_settled(case)

    # How the customer proves who they are.

    @precondition(lambda self: self.actions)
    @rule(which=pick, fate=st.sampled_from(Fate))
    def a_code_is_mailed(self, which: int, fate: Fate) -> None:
        action = self._action(which, ActionState.AWAITING_VERIFICATION)
        self.postbox.fate, self.postbox.code = fate, ""
        try:
            ingestion.codes.send_code(action.id)
        except Killed:
            pass
        finally:
            if self.postbox.code:
                self.mailed[action.id] = Mailed(self.postbox.code, self.postbox.link)
        self._note_undelivered()

    @precondition(lambda self: self.mailed)
    @rule(which=pick, is_right=st.booleans())
    def the_customer_writes_a_code(self, which: int, is_right: bool) -> None:
        action_id = list(self.mailed)[which % len(self.mailed)]
        action = next(one for one in self.actions if one.id == action_id)
        code = self.mailed[action_id].code
        if is_right:
            self.proven.add(action_id)
        message = a_message(text=code if is_right else other_than(code), customer_verified=True)
        with transaction() as session:
            receipt = intake.receive_on_ticket(session, message, action.ticket_id)
            self._note_received(session, receipt, message)

    @precondition(lambda self: self.mailed)
    @rule(which=pick)
    def the_customer_follows_the_link(self, which: int) -> None:
        action_id = list(self.mailed)[which % len(self.mailed)]
        action = next(one for one in self.actions if one.id == action_id)
        self.proven.add(action_id)
        try:
            with transaction() as session:
                verification.confirm_link(session, self.mailed[action_id].link)
        except NotFound:
            return
        self.owed.add(action.ticket_id)

    # What staff decide.

    @precondition(lambda self: self.actions)
    @rule(which=pick, has_read_all=st.booleans())
    def staff_approve(self, which: int, has_read_all: bool) -> None:
        action = self._action(which, ActionState.AWAITING_APPROVAL)
        seen = 1_000 if has_read_all else 1
        was_done = self._statuses()[action.ticket_id] in _DONE
        with tried() as could, transaction() as session:
            actions.approve(session, action.public_id, staff="AGENT-1", name="Bob", seen_seq=seen)
        if could():
            assert not was_done, "an action was approved on a ticket that is done"
            if DECLARATIONS[ActionKind(action.kind)].always_staff:
                assert seen >= self.newest[action.ticket_id], "approved over a message that nobody had read"
            self.approved.add(action.id)

    @precondition(lambda self: self.actions)
    @rule(which=pick)
    def staff_decline(self, which: int) -> None:
        with tried(), transaction() as session:
            actions.decline(session, self._action(which).public_id, staff="AGENT-1", reason="No receipt.")

    # What is done.

    @precondition(lambda self: self.actions)
    @rule(which=pick, fate=st.sampled_from(ShopFate), tells_fates=st.booleans())
    def an_action_is_executed(self, which: int, fate: ShopFate, tells_fates: bool) -> None:
        """The job comes for what is approved; where nothing is, for any other: then it must do nothing."""
        action_id = self._action(which, ActionState.APPROVED, ActionState.EXECUTING).id
        self.shop.fate, self.shop.tells_fates = fate, tells_fates
        self.shop.meanwhile = lambda: self._another_worker_comes(action_id)
        try:
            carry_out(action_id)
        except Killed:
            return
        self._note_ended()

    def _another_worker_comes(self, action_id: int) -> None:
        let_time_pass(130.0)
        carry_out(action_id)

    @rule()
    def sweeps_of_actions_run(self) -> None:
        agent_core.tasks.sweep_actions()
        ingestion.codes.sweep_codes()
        self._note_ended()

    # What must hold after every step.

    @invariant()
    def actions_hold(self) -> None:
        with transaction() as session:
            self.actions = list(session.scalars(select(Action).order_by(Action.id)))
        assert len(self.shop.done) == len(set(self.shop.done)), "an action was done twice"
        assert len(self.shop.paid) == len(set(self.shop.paid)), "money went back twice for an order"
        texts = [one.text for one in self.outgoing]
        for action in self.actions:
            self._was_allowed(action)
            assert texts.count(action.answer) <= 1, "the customer was told twice"

    def teardown(self) -> None:
        """Time has passed, and the shop answers: whatever was proposed has come to an end."""
        if self.actions:
            self._let_actions_end()
            self.everything_holds()
            self.actions_hold()
        super().teardown()

    def _let_actions_end(self) -> None:
        self.shop.fate, self.shop.tells_fates = ShopFate.BUSY, True
        under_way = select(Action.id).where(Action.state.in_(UNDER_WAY)).order_by(Action.id)
        for _ in range(_MOST_ROUNDS):
            let_time_pass(1_000_000.0)
            self.sweeps_of_actions_run()
            with transaction() as session:
                left = session.scalars(under_way).all()
            for action_id in left:
                carry_out(action_id)
            self._note_ended()
        with transaction() as session:
            assert not session.scalars(under_way).all(), "an action never comes to its end"
            assert action_execution.sweep(session) == 0
