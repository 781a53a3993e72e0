"""A desk that anything may happen to, in any order, with a model of who is owed an answer. Driven by hypothesis."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import agent_core.tasks
import ingestion.tasks
from ingestion import intake
from runtime.database import transaction
from runtime.errors import Conflict
from runtime.settings import settings
from tests.samples import a_decision, a_message
from tests.tickets.ownership_people import (
    Conversation,
    Fate,
    Killed,
    ScriptedSender,
    forget_everything,
    let_time_pass,
)
from tickets import deliveries, lifecycle, queries
from tickets.cases import build_case
from tickets.contracts import (
    Author,
    Case,
    Channel,
    Delivery,
    FailedDelivery,
    IncomingMessage,
    Kind,
    MailHeaders,
    Owner,
    Reason,
    Receipt,
    Status,
)
from tickets.models import Message, Ticket

ALICE = "alice@example.com"
BOB = "bob@example.com"
_CHANNELS = (Channel.MAIL, Channel.WEB_CHAT, Channel.API, Channel.FACEBOOK)
_ACTING = (Status.NEW, Status.OPEN, Status.IN_PROGRESS, Status.ESCALATED)
_DONE = (Status.RESOLVED, Status.CLOSED)
OVERTAKEN = "Overtaken by staff."
_LOST = (Delivery.FAILED, Delivery.UNKNOWN)
_PASSES_S = (5.0, 130.0, 1_000.0, 20_000.0, 100_000.0)
_MOST_CONVERSATIONS = 3  # Few, so that much happens to each of them.
_AGES_S = 1_000_000.0
_OUTGOING = select(Message).where(Message.kind == Kind.OUTBOUND).order_by(Message.id)

pick = st.integers(min_value=0, max_value=11)


class OwnedDesk(RuleBasedStateMachine):
    """`owed` is the model: the tickets whose customer waits for somebody, as an outsider would count them."""

    sender = ScriptedSender()

    def __init__(self) -> None:
        super().__init__()
        forget_everything()
        self.conversations: list[Conversation] = []
        self.tickets: list[int] = []
        self.chats: set[int] = set()
        self.newest: dict[int, int] = {}
        self.owed: set[int] = set()
        self.workers: list[Case] = []
        self.drafts = 0
        self.queued_drafts: list[str] = []
        self.undelivered: set[int] = set()
        self.outgoing: list[Message] = []

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

    # What must hold after every step.

    @invariant()
    def everything_holds(self) -> None:
        with transaction() as session:
            assert session.scalar(select(func.count()).where(queries.has_no_owner())) == 0
            queue = _staff_queue(session)
            tickets = list(session.scalars(select(Ticket).where(Ticket.id.in_(self.owed))))
            self.outgoing = list(session.scalars(_OUTGOING))
        assert len(tickets) == len(self.owed)
        self._every_message_has_one_owner_and_a_deadline(tickets, queue)
        self._nothing_is_answered_twice_and_no_void_draft_is_queued()

    @staticmethod
    def _every_message_has_one_owner_and_a_deadline(tickets: list[Ticket], queue: set[int]) -> None:
        now = datetime.now(UTC)
        longest = max(settings().agent.mail_deadline_s, settings().agent.chat_deadline_s)
        for ticket in tickets:
            waits_for_agent = ticket.owner == Owner.AGENT and ticket.last_inbound_seq > ticket.handled_seq
            with_staff = ticket.owner == Owner.STAFF and ticket.status in _ACTING and ticket.staff_due_at
            assert bool(with_staff) != waits_for_agent, f"nobody has it: {ticket.owner}, {ticket.status}"
            if with_staff or ticket.answer_due_at < now:
                assert ticket.id in queue, "staff do not see it"
            else:
                assert ticket.answer_due_at <= now + timedelta(seconds=longest), "its deadline never comes"

    def _nothing_is_answered_twice_and_no_void_draft_is_queued(self) -> None:
        replies = [message for message in self.outgoing if message.author == Author.AGENT]
        assert sorted(row.text for row in replies) == sorted(self.queued_drafts)
        answered = [(row.ticket_id, row.answers_seq) for row in replies]
        assert len(answered) == len(set(answered)), "a message was answered twice"

    def teardown(self) -> None:
        """Every worker is gone, all time has passed: staff see whatever is owed, and nothing is still being sent."""
        let_time_pass(_AGES_S)
        self.sweeps_run(evidence=None)
        with transaction() as session:
            assert self.owed <= _staff_queue(session), "a customer waits and nobody sees it"
            sending = select(func.count()).where(Message.delivery == Delivery.SENDING)
            assert session.scalar(sending) == 0

    # Bookkeeping.

    def _received(self, message: IncomingMessage) -> Receipt:
        with transaction() as session:
            receipt = intake.receive(session, message)
            self._note_received(session, receipt, message)
        return receipt

    def _note_received(self, session: Session, receipt: Receipt, message: IncomingMessage) -> None:
        stored = select(Message.seq, Message.kind).where(Message.id == receipt.message_id)
        seq, kind = session.execute(stored).one()
        if receipt.ticket_id not in self.tickets:
            self.tickets.append(receipt.ticket_id)
        if message.channel is Channel.WEB_CHAT:
            self.chats.add(receipt.ticket_id)
        if kind == Kind.INBOUND:
            self.newest[receipt.ticket_id] = seq
        self.owed.add(receipt.ticket_id)

    def _was_settled(self, case: Case) -> None:
        assert case.ticket_id in self.owed, "what was answered before was answered again"
        assert case.up_to_seq == self.newest[case.ticket_id], "the agent had not seen the newest message"

    def _note_undelivered(self) -> None:
        """A reply that did not arrive is owed again. What staff have closed or overtaken is theirs to know."""
        query = select(Message.id, Message.ticket_id, Ticket.status).join(Ticket)
        lost = query.where(Message.delivery.in_(_LOST), Message.delivery_error != OVERTAKEN)
        with transaction() as session:
            for message_id, ticket_id, status in session.execute(lost):
                if message_id not in self.undelivered and status != Status.CLOSED:
                    self.owed.add(ticket_id)
                self.undelivered.add(message_id)

    @staticmethod
    def _overtaken() -> set[int]:
        with transaction() as session:
            return set(session.scalars(select(Message.id).where(Message.delivery_error == OVERTAKEN)))

    def _deadlines(self) -> dict[int, datetime]:
        """Of the tickets that are owed an answer."""
        due = func.coalesce(Ticket.staff_due_at, Ticket.answer_due_at)
        with transaction() as session:
            rows = session.execute(select(Ticket.id, due).where(Ticket.id.in_(self.owed))).all()
        return {row[0]: row[1] for row in rows}

    def _worker(self, which: int) -> Case:
        return self.workers.pop(which % len(self.workers))

    def _ticket(self, which: int) -> int:
        return self.tickets[which % len(self.tickets)]

    def _mails(self) -> list[Conversation]:
        return [one for one in self.conversations if one.message.channel is Channel.MAIL]

    def _sent_mails(self) -> list[Message]:
        return [one for one in self.outgoing if one.delivery == Delivery.SENT and one.mail_id]

    def _queued(self) -> list[Message]:
        """What has a sender; a chat is read by its page."""
        queued = [one for one in self.outgoing if one.delivery == Delivery.QUEUED]
        return [one for one in queued if one.ticket_id not in self.chats]


def _staff_queue(session: Session) -> set[int]:
    rows = queries.list_staff_queue(session, queries.Filters(waiting_for_staff=True), limit=1_000)
    return {row.ticket.id for row in rows}


@contextmanager
def tried() -> Iterator[Callable[[], bool]]:
    """What may be refused: tells afterwards whether it was done."""
    refused: list[Conflict] = []
    try:
        yield lambda: not refused
    except Conflict as conflict:
        refused.append(conflict)
