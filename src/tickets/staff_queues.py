"""Staff queues and who works them: defined by a command, read by pages. `assignment` puts tickets into them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from runtime.errors import Conflict, InvalidInput, NotFound
from tickets.contracts import Owner, Status
from tickets.models import Ticket
from tickets.staff_queue_models import QueueMember, StaffPresence, StaffQueue

STAFF_ACTS = (Status.NEW, Status.OPEN, Status.IN_PROGRESS, Status.ESCALATED)
_LONGEST_NAME = 60
_MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class NewQueue:
    """What a queue takes. An empty list takes everything; `is_automatic`: it gives its tickets to its members."""

    name: str
    categories: Sequence[str] = ()
    languages: Sequence[str] = ()
    tiers: Sequence[str] = ()
    priorities: Sequence[str] = ()
    capacity: int = 10
    is_automatic: bool = True


@dataclass(frozen=True)
class Working:
    """A member with what they have: `load` are the open tickets that are theirs, in whatever queue."""

    queue_id: int
    staff: str
    capacity: int
    is_present: bool
    load: int


def list_queues(session: Session) -> list[StaffQueue]:
    return list(session.scalars(select(StaffQueue).order_by(StaffQueue.id)))


def find_queue(session: Session, name: str) -> StaffQueue:
    """Raises NotFound."""
    queue = session.scalars(select(StaffQueue).where(StaffQueue.name == name)).first()
    if queue is None:
        raise NotFound(f"There is no staff queue {name[:_LONGEST_NAME]!r}.")
    return queue


def add_queue(session: Session, new: NewQueue) -> StaffQueue:
    """Raises InvalidInput, or Conflict when there is one of this name."""
    name = " ".join(new.name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"A queue needs a name of 1 to {_LONGEST_NAME} characters.", field="name")
    _check_capacity(new.capacity)
    row = insert(StaffQueue).values(
        name=name,
        categories=list(new.categories),
        languages=list(new.languages),
        tiers=[tier.casefold() for tier in new.tiers],
        priorities=list(new.priorities),
        capacity=new.capacity,
        is_automatic=new.is_automatic,
    )
    created = session.scalars(row.on_conflict_do_nothing().returning(StaffQueue)).first()
    if created is None:
        raise Conflict(f"There is a staff queue {name!r} already.", field="name")
    return created


def remove_queue(session: Session, name: str) -> None:
    """Its tickets stay with staff, with the same deadline and assignee, in no queue. Raises NotFound."""
    session.execute(delete(StaffQueue).where(StaffQueue.id == find_queue(session, name).id))


def join(session: Session, queue_id: int, staff: str, *, capacity: int | None = None) -> None:
    """Make one of the staff a member, or change their capacity; None: the queue's. They count as present at first."""
    if capacity is not None:
        _check_capacity(capacity)
    member = insert(QueueMember).values(queue_id=queue_id, staff=staff, capacity=capacity)
    known = member.on_conflict_do_update(
        index_elements=[QueueMember.queue_id, QueueMember.staff], set_={"capacity": capacity}
    )
    session.execute(known)
    session.execute(
        insert(StaffPresence)
        .values(staff=staff, is_present=True)
        .on_conflict_do_nothing(index_elements=["staff"])
    )


def set_present(session: Session, staff: str, *, is_present: bool) -> None:
    """Who is away gets no further tickets; what they have stays theirs. Does nothing for who works no queue."""
    session.execute(update(StaffPresence).where(StaffPresence.staff == staff).values(is_present=is_present))


def is_present(session: Session, staff: str) -> bool | None:
    """None for who works no queue."""
    works = select(QueueMember.staff).where(QueueMember.staff == StaffPresence.staff).exists()
    return session.scalar(select(StaffPresence.is_present).where(StaffPresence.staff == staff, works))


def members(session: Session) -> list[Working]:
    """Of all queues, with their present load."""
    loads = (
        select(Ticket.assignee, func.count().label("open"))
        .where(Ticket.owner == Owner.STAFF, Ticket.status.in_(STAFF_ACTS))
        .group_by(Ticket.assignee)
        .subquery()
    )
    rows = session.execute(
        select(
            QueueMember.queue_id,
            QueueMember.staff,
            func.coalesce(QueueMember.capacity, StaffQueue.capacity),
            StaffPresence.is_present,
            func.coalesce(loads.c.open, 0),
        )
        .join(StaffQueue, StaffQueue.id == QueueMember.queue_id)
        .join(StaffPresence, StaffPresence.staff == QueueMember.staff)
        .outerjoin(loads, loads.c.assignee == QueueMember.staff)
        .order_by(QueueMember.queue_id, QueueMember.staff)
    )
    return [Working(*row) for row in rows]


def count_waiting(session: Session) -> dict[int, int]:
    """How many tickets wait for staff in each queue, by its id."""
    rows = session.execute(
        select(Ticket.queue_id, func.count())
        .where(Ticket.queue_id.is_not(None), Ticket.owner == Owner.STAFF, Ticket.status.in_(STAFF_ACTS))
        .group_by(Ticket.queue_id)
    )
    return {queue_id: count for queue_id, count in rows if queue_id is not None}


def _check_capacity(capacity: int) -> None:
    if not 1 <= capacity <= _MOST_AT_ONCE:
        raise InvalidInput(f"The capacity is a number from 1 to {_MOST_AT_ONCE}.", field="capacity")
