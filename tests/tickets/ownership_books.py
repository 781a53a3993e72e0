"""What is known of the desk of the ownership test from outside: who wrote, who is owed an answer, what went out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingestion import intake
from runtime.database import transaction
from runtime.errors import Conflict
from runtime.settings import settings
from tests.tickets.ownership_people import (
    Conversation,
    ScriptedSender,
    forget_everything,
)
from tickets import queries
from tickets.contracts import (
    Author,
    Case,
    Channel,
    Delivery,
    IncomingMessage,
    Kind,
    Owner,
    Receipt,
    Status,
)
from tickets.models import Message, Ticket

ALICE = "alice@example.com"
BOB = "bob@example.com"
OVERTAKEN = "Overtaken by staff."
_LOST = (Delivery.FAILED, Delivery.UNKNOWN)
_ACTING = (Status.NEW, Status.OPEN, Status.IN_PROGRESS, Status.ESCALATED)
_OUTGOING = select(Message).where(Message.kind == Kind.OUTBOUND).order_by(Message.id)

pick = st.integers(min_value=0, max_value=11)


class DeskBooks(RuleBasedStateMachine):
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

    # What must hold after every step.

    @invariant()
    def everything_holds(self) -> None:
        with transaction() as session:
            assert session.scalar(select(func.count()).where(queries.has_no_owner())) == 0
            queue = staff_queue(session)
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
        # What certainly did not arrive may be answered again, once staff have handed it back.
        answered = [(row.ticket_id, row.answers_seq) for row in replies if row.delivery != Delivery.FAILED]
        assert len(answered) == len(set(answered)), "a message was answered twice"


def staff_queue(session: Session) -> set[int]:
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
