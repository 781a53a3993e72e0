"""Reads about tickets: pages, one ticket with all it has, the staff queue, figures, what can be learned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from runtime.errors import NotFound
from tickets.action_models import Action
from tickets.contracts import Author, Kind, Owner, Priority, Status
from tickets.cursors import cursor_after, position
from tickets.desk_models import ResolutionNote
from tickets.holding import is_held
from tickets.models import AgentDecision, Customer, CustomerIdentity, Message, Ticket, TicketEvent
from tickets.ticket_search import MOST_WALKED, contains, holds, is_frequent

DONE = (Status.RESOLVED, Status.CLOSED)
_STAFF_ACTS = (Status.NEW, Status.OPEN, Status.IN_PROGRESS, Status.ESCALATED)


def _fixed(value: str) -> ColumnElement[str]:
    """Written into the statement: only then can the planner prove that a partial index holds all of it."""
    return literal_column(f"'{value}'")


def waits_for_staff() -> ColumnElement[bool]:
    """The staff queue: theirs, not answered in time, or put aside until now; so nobody is left silent."""
    return or_(
        and_(Ticket.owner == _fixed(Owner.STAFF), Ticket.status.in_([_fixed(one) for one in _STAFF_ACTS])),
        and_(
            Ticket.owner == _fixed(Owner.AGENT),
            Ticket.last_inbound_seq > Ticket.handled_seq,
            Ticket.answer_due_at < func.now(),
        ),
        and_(Ticket.status == _fixed(Status.SNOOZED), Ticket.snoozed_until < func.now()),
    )


def has_no_owner() -> ColumnElement[bool]:
    """A message that waits for nobody: must never be. Staff's tickets need a deadline while they act."""
    return or_(
        Ticket.owner.not_in(list(Owner)),
        and_(Ticket.owner == Owner.STAFF, Ticket.status.in_(_STAFF_ACTS), Ticket.staff_due_at.is_(None)),
        and_(
            Ticket.last_inbound_seq > Ticket.handled_seq,
            Ticket.status.in_((*DONE, Status.WAITING_CUSTOMER, Status.MERGED)),
        ),
    )


@dataclass(frozen=True)
class Filters:
    """Every set field narrows the list."""

    status: Status | None = None
    priority: str | None = None
    category: str | None = None
    assignee: str | None = None
    unassigned: bool = False
    waiting_for_staff: bool = False
    text: str = ""
    queue_id: int | None = None


@dataclass(frozen=True)
class Row:
    """One line of a list."""

    ticket: Ticket
    customer_name: str
    customer_public_id: str
    due_at: datetime


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    next_cursor: str | None


def _due() -> ColumnElement[datetime]:
    return func.coalesce(Ticket.staff_due_at, Ticket.answer_due_at)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    equal = {
        Ticket.status: filters.status,
        Ticket.priority: filters.priority,
        Ticket.category: filters.category,
        Ticket.queue_id: filters.queue_id,
        Ticket.assignee: filters.assignee,
    }
    found: list[ColumnElement[bool]] = [
        column == value for column, value in equal.items() if value is not None
    ]
    if filters.unassigned:
        found.append(Ticket.assignee.is_(None))
    if filters.waiting_for_staff:
        found.append(waits_for_staff())
    if filters.text.strip():
        found.append(contains(filters.text))
    return found


def list_tickets(session: Session, filters: Filters, *, limit: int = 50, cursor: str = "") -> Page:
    """A page, newest first. `cursor` comes from the page before; raises InvalidInput when it does not."""
    after = tuple_(Ticket.created_at, Ticket.id) < tuple_(*position(cursor)) if cursor else None
    rows = _rows(session, filters, _Order(_newest_first, after), limit=limit + 1)
    last = rows[limit - 1].ticket if len(rows) > limit else None
    return Page(rows[:limit], cursor_after(last.created_at, last.id) if last else None)


def list_staff_queue(session: Session, filters: Filters, *, limit: int = 200) -> list[Row]:
    """What waits for staff, the nearest deadline first."""
    return page_of_queue(session, filters, limit=limit).rows


def page_of_queue(session: Session, filters: Filters, *, limit: int, cursor: str = "") -> Page:
    """A page of the same. `cursor` comes from the page before; raises InvalidInput when it does not."""
    after = tuple_(_due(), Ticket.id) > tuple_(*position(cursor)) if cursor else None
    rows = _rows(session, filters, _Order(_soonest_first, after), limit=limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], cursor_after(last.due_at, last.ticket.id) if last else None)


@dataclass(frozen=True)
class _Order:
    """How a list of tickets is sorted, and where its page begins."""

    by: Callable[[type[Ticket], ColumnElement[datetime]], tuple[Any, ...]]
    after: ColumnElement[bool] | None


def _newest_first(ticket: type[Ticket], _due: ColumnElement[datetime]) -> tuple[Any, ...]:
    return ticket.created_at.desc(), ticket.id.desc()


def _soonest_first(ticket: type[Ticket], due: ColumnElement[datetime]) -> tuple[Any, ...]:
    return due, ticket.id


def _rows(session: Session, filters: Filters, order: _Order, *, limit: int) -> list[Row]:
    walks = bool(filters.text.strip()) and is_frequent(session, filters.text)
    conditions = _conditions(replace(filters, text="") if walks else filters)
    conditions += [order.after] if order.after is not None else []
    if walks:
        return _walk(session, filters.text, conditions, order, limit=limit)
    query = select(Ticket, Customer.name, Customer.public_id, _due())
    query = query.join(Customer, Customer.id == Ticket.customer_id).where(*conditions)
    found = session.execute(query.order_by(*order.by(Ticket, _due())).limit(limit))
    return [Row(one[0], one[1], one[2], one[3]) for one in found]


def _walk(
    session: Session, text: str, conditions: list[ColumnElement[bool]], order: _Order, *, limit: int
) -> list[Row]:
    """Those of the list's first tickets that hold the words, looked at one after the other."""
    listed = select(Ticket, _due().label("due")).where(*conditions).order_by(*order.by(Ticket, _due()))
    first = listed.limit(MOST_WALKED).subquery()
    ticket = aliased(Ticket, first)
    name, public_id = (
        select(column).where(Customer.id == ticket.customer_id).correlate(ticket).scalar_subquery()
        for column in (Customer.name, Customer.public_id)
    )
    held = holds(text, ticket.id, ticket.subject + " " + ticket.summary, name)
    query = select(ticket, name, public_id, first.c.due).where(held)
    found = session.execute(query.order_by(*order.by(ticket, first.c.due)).limit(limit))
    return [Row(one[0], one[1] or "", one[2] or "", one[3]) for one in found]


def count_up_to(session: Session, lists: Sequence[Filters], *, most: int) -> list[int]:
    """How many each list holds; `most + 1` stands for more than `most`, so that nobody waits for a long count."""
    counts = []
    for filters in lists:
        some = select(Ticket.id).where(*_conditions(filters)).limit(most + 1).subquery()
        counts.append(select(func.count()).select_from(some).scalar_subquery())
    return [count or 0 for count in session.execute(select(*counts)).one()]


@dataclass(frozen=True)
class Details:
    """A ticket with everything a page or an answer shows."""

    ticket: Ticket
    customer: Customer
    identities: list[CustomerIdentity]
    messages: list[Message]
    decisions: list[AgentDecision]
    events: list[TicketEvent]

    @property
    def reply(self) -> Message | None:
        """The newest message that the customer got."""
        outgoing = [one for one in self.messages if one.kind == Kind.OUTBOUND and not is_held(one)]
        return outgoing[-1] if outgoing else None

    @property
    def decision(self) -> AgentDecision | None:
        return self.decisions[-1] if self.decisions else None


def find_ticket(session: Session, public_id: str) -> Ticket:
    ticket = session.scalars(select(Ticket).where(Ticket.public_id == public_id)).first()
    if ticket is None:
        raise NotFound(f"There is no ticket {public_id[:40]}.")
    return ticket


def read_ticket(session: Session, public_id: str) -> Details:
    ticket = find_ticket(session, public_id)
    return Details(
        ticket=ticket,
        customer=session.scalars(select(Customer).where(Customer.id == ticket.customer_id)).one(),
        identities=list(
            session.scalars(
                select(CustomerIdentity).where(CustomerIdentity.customer_id == ticket.customer_id)
            )
        ),
        messages=list(
            session.scalars(select(Message).where(Message.ticket_id == ticket.id).order_by(Message.seq))
        ),
        decisions=list(
            session.scalars(
                select(AgentDecision).where(AgentDecision.ticket_id == ticket.id).order_by(AgentDecision.id)
            )
        ),
        events=list(
            session.scalars(
                select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
            )
        ),
    )


@dataclass(frozen=True)
class Waiting:
    """Messages without an outcome, by owner. Seconds since the oldest, and the oldest critical one, was touched."""

    owner: Owner
    count: int
    oldest_s: float
    oldest_critical_s: float


def waiting(session: Session) -> list[Waiting]:
    figures = []
    for owner, condition in (
        (Owner.AGENT, and_(Ticket.owner == Owner.AGENT, Ticket.last_inbound_seq > Ticket.handled_seq)),
        (Owner.STAFF, and_(Ticket.owner == Owner.STAFF, Ticket.status.in_(_STAFF_ACTS))),
    ):
        is_critical = Ticket.priority == Priority.CRITICAL
        oldest, critical = (
            func.extract("epoch", func.now() - first)
            for first in (func.min(Ticket.updated_at), func.min(Ticket.updated_at).filter(is_critical))
        )
        row = session.execute(
            select(func.count(), oldest, critical).select_from(Ticket).where(condition)
        ).one()
        figures.append(Waiting(owner, row[0], float(row[1] or 0.0), float(row[2] or 0.0)))
    return figures


@dataclass(frozen=True)
class LearnableTicket:
    """A resolved ticket whose answers were written or approved by staff, or of which they said what solved it."""

    ticket_id: int
    public_id: str
    language: str
    category: str | None
    question: str
    answer: str
    resolved_at: datetime


def teaches_later() -> ColumnElement[bool]:
    """Resolved since it was learned last, with words of staff. Answers of the agent alone teach nothing."""
    by_staff = select(Message.id).where(
        Message.ticket_id == Ticket.id,
        Message.author == Author.STAFF,
        Message.kind == Kind.OUTBOUND,
        ~_reports_an_action(),
    )
    noted = select(ResolutionNote.ticket_id).where(ResolutionNote.ticket_id == Ticket.id)
    return and_(
        Ticket.status.in_(DONE),
        or_(Ticket.learned_at.is_(None), Ticket.learned_at < Ticket.resolved_at),
        Ticket.resolved_at.is_not(None),
        or_(by_staff.exists(), noted.exists()),
    )


def learnable_tickets(session: Session, *, limit: int) -> list[LearnableTicket]:
    """What the next round of learning takes, the oldest first."""
    query = select(Ticket).where(teaches_later()).order_by(Ticket.resolved_at).limit(limit)
    return [_learnable(session, ticket) for ticket in session.scalars(query)]


def _reports_an_action() -> ColumnElement[bool]:
    """What was done in the shop for one customer is no answer to another."""
    told = select(Action.id).where(Action.ticket_id == Message.ticket_id, Action.answer == Message.text)
    return (Message.author == Author.STAFF) & told.exists()


def question_of(session: Session, ticket: Ticket) -> str:
    """The subject and what the customer wrote first, as it came."""
    said = (Message.ticket_id == ticket.id, Message.kind == Kind.INBOUND, Message.author == Author.CUSTOMER)
    return _asked(
        ticket, session.scalar(select(Message.text).where(*said).order_by(Message.seq).limit(1)) or ""
    )


def _asked(ticket: Ticket, first: str) -> str:
    return f"{ticket.subject}\n\n{first}" if ticket.subject else first


def _learnable(session: Session, ticket: Ticket) -> LearnableTicket:
    said = session.execute(
        select(Message.author, Message.text)
        .where(
            Message.ticket_id == ticket.id,
            Message.kind.in_((Kind.INBOUND, Kind.OUTBOUND)),
            ~_reports_an_action(),
        )
        .order_by(Message.seq)
    ).all()
    first = next((text for author, text in said if author == Author.CUSTOMER), "")
    question = _asked(ticket, first)
    note = session.get(ResolutionNote, ticket.id)  # First: what follows a sign-off may be taken for a name.
    answers = [text for author, text in said if author == Author.STAFF]
    answer = "\n\n".join([note.text, *answers] if note else answers)
    assert ticket.resolved_at is not None
    return LearnableTicket(
        ticket.id,
        ticket.public_id,
        ticket.language or "en",
        ticket.category,
        question,
        answer,
        ticket.resolved_at,
    )


def ticket_public_ids_of_customer(session: Session, customer_id: int) -> list[str]:
    return list(session.scalars(select(Ticket.public_id).where(Ticket.customer_id == customer_id)))
