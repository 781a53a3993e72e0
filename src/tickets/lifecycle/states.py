"""The transition table of statuses, and how deadlines are counted."""

from datetime import UTC, datetime, timedelta

from tickets.contracts import Owner, Status
from tickets.models import Ticket

_LIVE = frozenset(Status) - {Status.NEW}
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.NEW: _LIVE,
    Status.OPEN: _LIVE,
    Status.IN_PROGRESS: _LIVE,
    Status.WAITING_CUSTOMER: _LIVE,
    Status.ESCALATED: _LIVE,
    Status.SNOOZED: _LIVE,
    Status.RESOLVED: frozenset({Status.OPEN, Status.CLOSED, Status.MERGED}),
    Status.CLOSED: frozenset(),
    Status.MERGED: frozenset(),
}
DONE = (Status.RESOLVED, Status.CLOSED, Status.MERGED)
RESTING = (Status.WAITING_CUSTOMER, Status.SNOOZED)  # Nobody of ours has to act.
NEED_MORE = (Status.SNOOZED, Status.MERGED)  # They take a moment or a ticket: see `snooze` and `merge`.


def moment_in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def is_owed(ticket: Ticket) -> bool:
    """Whether somebody of ours still has to answer its customer."""
    if ticket.owner == Owner.AGENT:
        return ticket.last_inbound_seq > ticket.handled_seq
    return Status(ticket.status) not in (*DONE, *RESTING)
