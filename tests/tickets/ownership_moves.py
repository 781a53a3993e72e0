"""The desk of the ownership test with what staff do to whole tickets: put aside, merge, split, hand back, undo."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound
from tests.tickets.ownership_actions import ActingDesk
from tests.tickets.ownership_books import OVERTAKEN, pick, tried
from tickets import lifecycle
from tickets.contracts import Author, Delivery, Kind, Status
from tickets.models import Message, Ticket

_ME = "AGENT-1"
_ASIDE_S = (60.0, 10_000.0)


@dataclass(frozen=True)
class Held:
    """A reply that can still be taken back, and whether its customer waited before it."""

    ticket_id: int
    was_owed: bool


class MovingDesk(ActingDesk):
    """Every ticket may be moved in any state that it is in."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[int, Held] = {}

    @precondition(lambda self: self.tickets)
    @rule(which=pick, seconds=st.sampled_from(_ASIDE_S), has_read_all=st.booleans())
    def staff_put_it_aside(self, which: int, seconds: float, has_read_all: bool) -> None:
        ticket_id, seen = self._ticket(which), 1_000 if has_read_all else 1
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        with tried() as could, transaction() as session:
            lifecycle.snooze(session, ticket_id, until, actor=_ME, seen_seq=seen)
        if could():
            assert seen >= self.newest[ticket_id], "a message that nobody had read was put aside"
            self.owed.discard(ticket_id)

    @rule()
    def what_was_put_aside_comes_back(self) -> None:
        due = select(Ticket.id).where(Ticket.status == Status.SNOOZED, Ticket.snoozed_until <= func.now())
        with transaction() as session:
            waking = set(session.scalars(due))
            assert lifecycle.wake_snoozed(session) == len(waking)
        self.owed |= waking

    @precondition(lambda self: len(self.tickets) > 1)
    @rule(which=pick, other=pick)
    def staff_merge(self, which: int, other: int) -> None:
        ticket_id, into = self._ticket(which), self._ticket(other)
        before = self._overtaken()
        try:
            with transaction() as session:
                lifecycle.merge(session, ticket_id, into, actor=_ME)
        except (Conflict, InvalidInput):
            return
        # An answer of the agent that did not leave any more is owed as well.
        if {ticket_id, into} & self.owed or self._overtaken() - before:
            self.owed.add(into)
        self.owed.discard(ticket_id)

    @precondition(lambda self: self.tickets)
    @rule(which=pick, seq=st.integers(min_value=1, max_value=4))
    def staff_split(self, which: int, seq: int) -> None:
        try:
            with transaction() as session:
                public_id = lifecycle.split(session, self._ticket(which), seq, actor=_ME)
                new = session.scalars(select(Ticket.id).where(Ticket.public_id == public_id)).one()
        except (Conflict, NotFound):
            return
        self.tickets.append(new)
        self.newest[new] = self.questions[new] = 1
        self.owed.add(new)

    @precondition(lambda self: self.tickets)
    @rule(which=pick)
    def staff_hand_it_back(self, which: int) -> None:
        """The agent owes what no answer that left has answered; else it is the customer's turn."""
        ticket_id = self._ticket(which)
        with tried() as could, transaction() as session:
            lifecycle.hand_back(session, ticket_id, actor=_ME)
        if not could():
            return
        with transaction() as session:
            ticket = session.get_one(Ticket, ticket_id)
            if ticket.last_inbound_seq > self._answered_until(session, ticket_id):
                self.owed.add(ticket_id)
            else:
                self.owed.discard(ticket_id)

    @precondition(lambda self: self.tickets)
    @rule(which=pick)
    def staff_reply_and_may_think_better_of_it(self, which: int) -> None:
        ticket_id = self._ticket(which)
        was_owed = ticket_id in self.owed
        with tried() as could, transaction() as session:
            message_id = lifecycle.staff_reply(
                session, ticket_id, "Hello", staff=_ME, name="Bob", seen_seq=1_000, hold_s=3_600.0
            )
        if could():
            self.held[message_id] = Held(ticket_id, was_owed)
            self.owed.discard(ticket_id)

    @precondition(lambda self: self.held)
    @rule(which=pick)
    def staff_take_a_reply_back(self, which: int) -> None:
        message_id = list(self.held)[which % len(self.held)]
        held = self.held.pop(message_id)
        with tried() as could, transaction() as session:
            lifecycle.undo_reply(session, held.ticket_id, message_id, staff=_ME)
        if could() and held.was_owed:
            self.owed.add(self._followed(held.ticket_id))

    def teardown(self) -> None:
        """What was put aside comes back in time."""
        super().teardown()
        self.what_was_put_aside_comes_back()
        self.everything_holds()

    # Bookkeeping.

    def _note_undelivered(self) -> None:
        """What a merged ticket's customer did not get is owed where the conversation goes on."""
        super()._note_undelivered()
        self.owed = {self._followed(one) for one in self.owed}

    def _note_ended(self) -> None:
        super()._note_ended()
        self.owed = {self._followed(one) for one in self.owed}

    def _followed(self, ticket_id: int) -> int:
        with transaction() as session:
            while (into := session.get_one(Ticket, ticket_id).merged_into) is not None:
                ticket_id = into
        return ticket_id

    @staticmethod
    def _answered_until(session: Session, ticket_id: int) -> int:
        query = select(func.max(Message.answers_seq)).where(
            Message.ticket_id == ticket_id,
            Message.kind == Kind.OUTBOUND,
            Message.author != Author.SYSTEM,
            Message.delivery_error != OVERTAKEN,
            Message.delivery.is_distinct_from(Delivery.FAILED),
        )
        return session.scalar(query) or 0
