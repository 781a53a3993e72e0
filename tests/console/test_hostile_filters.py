"""SQL, markup and nonsense in every filter of every page narrow a list, or are refused; they do nothing else."""

from urllib.parse import quote

import pytest

from accounts.permissions import Role
from deskfleet import rule_desk, ways
from runtime.database import transaction
from tests.console.desk import Member, console_app, escalated, member
from tests.jobs import CollectedJobs
from tickets import queries
from tickets.queries import Filters

FILTERS = {
    "queue": ("view", "q", "status", "priority", "category", "after", "queue"),
    "queue/list": ("q", "after", "queue"),
    "queue/views": ("at",),
    "articles": ("q", "kind", "audience", "product", "after"),
    "gaps": ("state", "q"),
    "audit": ("actor", "target", "action", "before"),
    "figures": ("since", "until", "channel", "category", "handling"),
    "figures.csv": ("since", "until", "channel", "category"),
    "settings/rules": ("ticket",),
    "tickets/{ticket}": ("done", "reuse"),
    "tickets/{ticket}/knowledge": ("q",),
}
HOSTILE = (
    "'; drop table tickets cascade; --",
    "1 or 1=1",
    "%' union select password_hash from users --",
    '"><script>alert(1)</script>',
    "\x00",
    "{{7*7}}",
    "9" * 30,
    "-1",
    "💥" * 60,
)


@pytest.fixture
def alice(run_jobs: CollectedJobs) -> Member:
    return member("Alice", role=Role.ADMIN, app=console_app(ruling=rule_desk, reaching=ways))


@pytest.mark.parametrize("page", FILTERS)
def test_a_filter_takes_anything_and_does_nothing_but_filter(alice: Member, page: str) -> None:
    ticket = escalated(text="Where is my parcel?")
    address = f"/console/{page.format(ticket=ticket)}"
    for name in FILTERS[page]:
        for hostile in HOSTILE:
            answer = alice.client.get(f"{address}?{name}={quote(hostile)}")
            assert answer.status_code < 500, (name, hostile)
            assert "<script>alert(1)" not in answer.text, (name, hostile)
            assert "$argon2" not in answer.text, (name, hostile)
    with transaction() as session:
        assert [row.ticket.public_id for row in queries.list_staff_queue(session, Filters())] == [ticket]
