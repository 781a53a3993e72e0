"""The transition table of statuses, and how deadlines are counted."""

from datetime import UTC, datetime, timedelta

from tickets.contracts import Status

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset(Status) - {Status.NEW},
    Status.OPEN: frozenset(Status) - {Status.NEW},
    Status.IN_PROGRESS: frozenset(Status) - {Status.NEW},
    Status.WAITING_CUSTOMER: frozenset(Status) - {Status.NEW},
    Status.ESCALATED: frozenset(Status) - {Status.NEW},
    Status.RESOLVED: frozenset({Status.OPEN, Status.CLOSED}),
    Status.CLOSED: frozenset(),
}
DONE = (Status.RESOLVED, Status.CLOSED)


def moment_in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
