"""Puts tickets that staff own into a staff queue, and gives them to its members, never more than they can take.

Called by `lifecycle` for each hand-over, and by a sweep for what could not be given then. A ticket without a queue,
or whom nobody was given, is with staff all the same: owner and deadline do not depend on anything here.
"""

import logging

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tickets import categories, staff_queues, timeline
from tickets.contracts import Author, Owner, Status
from tickets.models import Customer, Ticket, TicketEvent
from tickets.queue_choice import Wanted, choose
from tickets.staff_queue_models import QueueMember, StaffQueue
from tickets.staff_queues import STAFF_ACTS

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 200

# The row of a member is locked without waiting. Whoever was given a ticket by a transaction that this statement does
# not see is passed over, because their load is not known: so nobody gets more than they can take, whoever comes when.
_GIVE = text("""
with free as (
    select presence.staff
    from queue_members member
    join staff_queues queue on queue.id = member.queue_id
    join staff_presences presence on presence.staff = member.staff
    cross join lateral (
        select count(*) as open from tickets
        where assignee = member.staff and owner = 'staff'
            and status in ('new', 'open', 'in_progress', 'escalated')
    ) load
    where member.queue_id = :queue_id and queue.is_automatic and presence.is_present
        and load.open < coalesce(member.capacity, queue.capacity)
        and (
            presence.given_in is null
            or presence.given_in::text::xid8 = pg_current_xact_id_if_assigned()
            or presence.last_given_at < now() - interval '5 minutes'
            or pg_visible_in_snapshot(presence.given_in::text::xid8, pg_current_snapshot())
        )
        and not exists (
            select 1 from ticket_events
            where ticket_id = :ticket_id and kind = 'assigned' and actor = member.staff
                and data ->> 'assignee' is null
        )
    order by load.open::float8 / coalesce(member.capacity, queue.capacity),
        presence.last_given_at nulls first, member.staff
    limit 1
    for update of presence skip locked
), given as (
    update staff_presences presence
    set last_given_at = clock_timestamp(), given_in = pg_current_xact_id()::text::bigint
    from free where presence.staff = free.staff
    returning presence.staff
)
update tickets set assignee = given.staff, updated_at = now()
from given where tickets.id = :ticket_id and tickets.assignee is null and tickets.owner = 'staff'
returning tickets.assignee
""")


def place(session: Session, ticket_id: int) -> None:
    """Route a ticket that staff have got just now. Whatever goes wrong with it, they have it."""
    queues = staff_queues.list_queues(session)
    if not queues:
        return
    try:
        with session.begin_nested():
            queue_id = _enter(session, ticket_id, queues)
            if queue_id is not None:
                _give(session, ticket_id, queue_id)
    except DBAPIError as error:
        log.warning("a ticket was not routed: %s", type(error).__name__, extra={"ticket_id": ticket_id})


def _enter(session: Session, ticket_id: int, queues: list[StaffQueue]) -> int | None:
    """The queue that the ticket is in or gets into; None when none fits."""
    category, priority, language, present, tier = session.execute(
        select(Ticket.category, Ticket.priority, Ticket.language, Ticket.queue_id, Customer.tier)
        .join(Customer, Customer.id == Ticket.customer_id)
        .where(Ticket.id == ticket_id)
    ).one()
    if present is not None:
        return present
    named = categories.known().get(category or "")
    wanted = Wanted(category or "", priority, language, tier.casefold(), named.queue if named else "")
    chosen = choose(queues, wanted)
    if chosen is None:
        return None
    # A queue that is being removed meanwhile is no queue: the lock waits for that, and finds nothing then.
    still_there = (
        select(StaffQueue.id).where(StaffQueue.id == chosen).with_for_update(key_share=True, read=True)
    )
    entered = session.scalar(
        update(Ticket)
        .where(Ticket.id == ticket_id)
        .values(queue_id=still_there.scalar_subquery())
        .returning(Ticket.queue_id)
    )
    if entered is not None:
        name = next(queue.name for queue in queues if queue.id == entered)
        timeline.record(session, ticket_id, "routed", actor=Author.SYSTEM, queue=name)
    return entered


def _give(session: Session, ticket_id: int, queue_id: int) -> bool:
    """To the member with the least to do, when the queue does that and somebody is free."""
    assignee = session.scalar(_GIVE, {"ticket_id": ticket_id, "queue_id": queue_id})
    if assignee is None:
        return False
    timeline.record(session, ticket_id, "assigned", actor=Author.SYSTEM, assignee=assignee)
    return True


def give_waiting(session: Session) -> int:
    """Route and give what waits for staff and is nobody's, the nearest deadline first; returns how many were given."""
    queues = staff_queues.list_queues(session)
    if not queues:
        return 0
    for ticket_id, _none in _nobodys(session, Ticket.queue_id.is_(None)):
        _enter(session, ticket_id, queues)
    automatic = {queue.id for queue in queues if queue.is_automatic}
    free = {
        one.queue_id
        for one in staff_queues.members(session)
        if one.queue_id in automatic and one.is_present and one.load < one.capacity
    }
    waiting = _nobodys(session, Ticket.queue_id.in_(free)) if free else []
    return sum(_give(session, ticket_id, queue_id) for ticket_id, queue_id in waiting)


def route_all(session: Session) -> None:
    """Put every waiting ticket that is in no queue where it belongs: after queues were defined or removed."""
    queues = staff_queues.list_queues(session)
    for ticket_id, _none in _nobodys(session, Ticket.queue_id.is_(None), limit=None) if queues else []:
        _enter(session, ticket_id, queues)


def leave(session: Session, queue_id: int, staff: str) -> int:
    """End a membership. What they have not touched goes back to the queue, and to others; returns how much."""
    session.execute(delete(QueueMember).where(QueueMember.queue_id == queue_id, QueueMember.staff == staff))
    touched = select(TicketEvent.id).where(TicketEvent.ticket_id == Ticket.id, TicketEvent.actor == staff)
    return _release(
        session,
        staff,
        Ticket.queue_id == queue_id,
        Ticket.owner == Owner.STAFF,
        Ticket.status.in_(STAFF_ACTS),
        ~touched.exists(),
    )


def leave_all(session: Session, staff: str) -> int:
    """For an account that is closed: it works no queue, and whatever is theirs goes back. Returns how many tickets.

    Also what they have begun, and what is resolved: its customer may open it again.
    """
    session.execute(delete(QueueMember).where(QueueMember.staff == staff))
    return _release(session, staff, Ticket.status != Status.CLOSED)


def _release(session: Session, staff: str, *where: ColumnElement[bool]) -> int:
    released = session.scalars(
        update(Ticket)
        .where(Ticket.assignee == staff, *where)
        .values(assignee=None, updated_at=func.now())
        .returning(Ticket.id)
    ).all()
    for ticket_id in released:
        timeline.record(session, ticket_id, "assigned", actor=Author.SYSTEM, assignee=None)
    give_waiting(session)
    return len(released)


def _nobodys(
    session: Session, where: ColumnElement[bool], *, limit: int | None = _MOST_AT_ONCE
) -> list[tuple[int, int]]:
    """Waiting tickets that are assigned to nobody, with their queue, locked; what another transaction has is left."""
    rows = session.execute(
        select(Ticket.id, Ticket.queue_id)
        .where(Ticket.owner == Owner.STAFF, Ticket.status.in_(STAFF_ACTS), Ticket.assignee.is_(None), where)
        .order_by(Ticket.staff_due_at, Ticket.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(row.id, row.queue_id or 0) for row in rows]
