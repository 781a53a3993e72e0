"""A desk that anything may happen to, in any order, with a model of who is owed an answer. Driven by hypothesis."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import func, select

import agent_core.tasks
import ingestion.tasks
from ingestion import intake
from runtime.database import transaction
from tests.samples import a_decision, a_message
from tests.tickets.ownership_books import ALICE, BOB, DeskBooks, pick, staff_queue, tried
from tests.tickets.ownership_people import (
    Conversation,
    Fate,
    Killed,
    let_time_pass,
)
from tickets import deliveries, lifecycle
from tickets.cases import build_case
from tickets.contracts import (
    Channel,
    Delivery,
    FailedDelivery,
    MailHeaders,
    Reason,
    Status,
)
from tickets.models import Message

_CHANNELS = (Channel.MAIL, Channel.WEB_CHAT, Channel.API, Channel.FACEBOOK)
_DONE = (Status.RESOLVED, Status.CLOSED)
_PASSES_S = (5.0, 130.0, 1_000.0, 20_000.0, 100_000.0)
_MOST_CONVERSATIONS = 3  # Few, so that much happens to each of them.
_AGES_S = 1_000_000.0


class OwnedDesk(DeskBooks):
    """Customers, machines, workers, staff and time act on it in any order."""

    # What customers and machines do.

    @precondition(lambda self: len(self.conversations) < _MOST_CONVERSATIONS)
    @rule(channel=st.sampled_from(_CHANNELS))
    def a_customer_writes(self, channel: Channel) -> None:
        number = len(self.conversations)
        has_thread = channel in (Channel.WEB_CHAT, Channel.FACEBOOK)
        message = a_message(
            channel=channel,
            identity=f"customer-{number}" if has_thread else ALICE,
            thread=f"conversation-{number}" if has_thread else "",
            copied=(BOB,) if channel is Channel.MAIL else (),
        )
        self.conversations.append(Conversation(message))
        self._received(message)

    @precondition(lambda self: self.conversations)
    @rule(which=pick)
    def the_customer_writes_again(self, which: int) -> None:
        conversation = self.conversations[which % len(self.conversations)]
        before = self._deadlines()
        receipt = self._received(conversation.again())
        after = self._deadlines()
        if receipt.ticket_id in before:
            assert after[receipt.ticket_id] <= before[receipt.ticket_id], "asking again moved a deadline away"

    @precondition(lambda self: self.conversations)
    @rule(which=pick)
    def the_same_message_comes_twice(self, which: int) -> None:
        with transaction() as session:
            count = session.scalar(select(func.count()).select_from(Message))
            receipt = intake.receive(session, self.conversations[which % len(self.conversations)].message)
            assert receipt.duplicate
            assert session.scalar(select(func.count()).select_from(Message)) == count

    @precondition(lambda self: self._mails())
    @rule(which=pick)
    def somebody_in_copy_writes(self, which: int) -> None:
        mails = self._mails()
        self._received(replace(mails[which % len(mails)].again(), identity=BOB, name="Bob"))

    @precondition(lambda self: self._mails())
    @rule(which=pick)
    def a_stranger_answers_a_mail(self, which: int) -> None:
        mails = self._mails()
        known = set(self.tickets)
        receipt = self._received(replace(mails[which % len(mails)].again(), identity="carol@example.com"))
        assert receipt.ticket_id not in known, "a stranger got into a thread"

    @precondition(lambda self: self._mails())
    @rule(which=pick)
    def a_machine_answers(self, which: int) -> None:
        mails = self._mails()
        message = replace(mails[which % len(mails)].again(), automatic="auto_reply")
        with transaction() as session:
            intake.receive(session, message)

    @precondition(lambda self: self._sent_mails())
    @rule(which=pick)
    def a_mail_comes_back(self, which: int) -> None:
        sent = self._sent_mails()
        mail_id = sent[which % len(sent)].mail_id
        message = a_message(
            channel=Channel.MAIL,
            identity="mailer-daemon@example.com",
            automatic="bounce",
            failure=FailedDelivery(mail_id, "", "5.1.1", True),
            mail=MailHeaders(message_id=f"bounce-of-{mail_id}", in_reply_to=mail_id),
        )
        with transaction() as session:
            intake.receive(session, message)
        self._note_undelivered()

    # What workers do: they think as long as they like, and may never come back.

    @rule()
    def a_worker_claims(self) -> None:
        with transaction() as session:
            claimed = lifecycle.claim(session)
            if claimed is not None:
                assert claimed[0] in self.owed, "a ticket was claimed that waits for nobody"
                self.workers.append(build_case(session, *claimed))

    @precondition(lambda self: self.workers)
    @rule(which=pick)
    def a_worker_dies(self, which: int) -> None:
        self._worker(which)

    @precondition(lambda self: self.workers)
    @rule(which=pick)
    def a_worker_gives_back(self, which: int) -> None:
        case = self._worker(which)
        with transaction() as session:
            lifecycle.release(session, case.ticket_id, case.claim_token)

    @precondition(lambda self: self.workers)
    @rule(which=pick)
    def a_worker_replies(self, which: int) -> None:
        case = self._worker(which)
        self.drafts += 1
        draft = f"Draft {self.drafts}."
        with transaction() as session:
            accepted = lifecycle.reply(session, case, a_decision(draft=draft))
        if accepted:
            self._was_settled(case)
            self.owed.discard(case.ticket_id)
            self.queued_drafts.append(draft)

    @precondition(lambda self: self.workers)
    @rule(which=pick)
    def a_worker_escalates(self, which: int) -> None:
        case = self._worker(which)
        with transaction() as session:
            accepted = lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL))
        if accepted:
            self._was_settled(case)

    # What staff do.

    @precondition(lambda self: self.tickets)
    @rule(which=pick, has_read_all=st.booleans())
    def staff_reply(self, which: int, has_read_all: bool) -> None:
        ticket_id = self._ticket(which)
        seen = 1_000 if has_read_all else 1
        with tried() as was_done, transaction() as session:
            lifecycle.staff_reply(session, ticket_id, "Hello", staff="AGENT-1", name="Bob", seen_seq=seen)
        if was_done():
            assert seen >= self.newest[ticket_id], "a reply went out over a message that nobody had read"
            self.owed.discard(ticket_id)

    @precondition(lambda self: self.tickets)
    @rule(which=pick, status=st.sampled_from([one for one in Status if one not in lifecycle.NEED_MORE]))
    def staff_set_the_status(self, which: int, status: Status) -> None:
        ticket_id = self._ticket(which)
        with tried() as was_done, transaction() as session:
            lifecycle.set_status(session, ticket_id, status, actor="AGENT-1")
        # A person who says that it is the customer's turn, or that it is done, has decided so.
        if was_done() and status in (*_DONE, Status.WAITING_CUSTOMER):
            self.owed.discard(ticket_id)

    @precondition(lambda self: self.tickets)
    @rule(which=pick, assignee=st.sampled_from([None, "AGENT-1", "AGENT-2"]))
    def staff_assign(self, which: int, assignee: str | None) -> None:
        ticket_id = self._ticket(which)
        before = self._overtaken()
        with tried(), transaction() as session:
            lifecycle.assign(session, ticket_id, assignee, actor="AGENT-1")
        if self._overtaken() - before:  # The customer does not get the agent's answer, and has no other yet.
            self.owed.add(ticket_id)

    @precondition(lambda self: self.tickets)
    @rule(which=pick)
    def staff_note(self, which: int) -> None:
        with transaction() as session:
            lifecycle.add_note(session, self._ticket(which), "A note.", staff="AGENT-1", name="Bob")

    # What happens by itself.

    @rule(seconds=st.sampled_from(_PASSES_S))
    def time_passes(self, seconds: float) -> None:
        let_time_pass(seconds)

    @rule(evidence=st.sampled_from([True, False, None]))
    def sweeps_run(self, evidence: bool | None) -> None:
        self.sender.evidence = evidence
        agent_core.tasks.sweep_pending()
        ingestion.tasks.sweep_deliveries()
        self._note_undelivered()

    @precondition(lambda self: self._queued())
    @rule(which=pick, fate=st.sampled_from(Fate))
    def a_reply_is_sent(self, which: int, fate: Fate) -> None:
        queued = self._queued()
        self.sender.fate = fate
        try:
            ingestion.tasks.deliver_reply(queued[which % len(queued)].id)
        except Killed:
            return
        self._note_undelivered()

    @precondition(lambda self: self.conversations)
    @rule(which=pick)
    def a_chats_page_shows_everything(self, which: int) -> None:
        thread = self.conversations[which % len(self.conversations)].message.thread
        with transaction() as session:
            newest = session.scalar(select(func.max(Message.id))) or 0
            deliveries.acknowledge_chat(session, thread, newest)

    def teardown(self) -> None:
        """Every worker is gone, all time has passed: staff see whatever is owed, and nothing is still being sent."""
        let_time_pass(_AGES_S)
        self.sweeps_run(evidence=None)
        with transaction() as session:
            assert self.owed <= staff_queue(session), "a customer waits and nobody sees it"
            sending = select(func.count()).where(Message.delivery == Delivery.SENDING)
            assert session.scalar(sending) == 0
