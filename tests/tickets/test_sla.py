"""Deadlines in working hours, their warnings, and the alert for what is critical and left alone."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from runtime.database import transaction
from runtime.errors import SettingError
from runtime.settings import settings
from tests.console.desk import escalated
from tests.jobs import CollectedJobs
from tests.samples import a_decision
from tickets import alerts, deadline_watch, lifecycle, queries, sla, tasks
from tickets.business_time import Calendar, Period, add, between
from tickets.contracts import Judgement, Priority
from tickets.models import Ticket
from tickets.notification_models import Notification

BERLIN = ZoneInfo("Europe/Berlin")
TWICE = (Period(time(9), time(12)), Period(time(13), time(18)))
WEEK = Calendar(
    BERLIN, {day: TWICE for day in range(5)}, frozenset({datetime(2026, 12, 25, tzinfo=UTC).date()})
)
CAROL = "AGENT-CAR0L000"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-23T10:00", 1, "2026-11-23T11:00"),  # Monday, within a period.
        ("2026-11-23T11:30", 1, "2026-11-23T13:30"),  # Over the break at noon.
        ("2026-11-23T07:00", 2, "2026-11-23T11:00"),  # Before the desk opens.
        ("2026-11-27T17:00", 2, "2026-11-30T10:00"),  # Friday evening to Monday.
        ("2026-11-28T12:00", 8, "2026-11-30T18:00"),  # A whole working day, asked at the weekend.
        ("2026-12-24T17:00", 2, "2026-12-28T10:00"),  # A holiday, then a weekend.
        ("2026-03-27T17:00", 2, "2026-03-30T10:00"),  # The clocks are put forward in between.
    ],
)
def test_only_working_hours_count(start: str, hours: float, end: str) -> None:
    assert add(WEEK, at(start), timedelta(hours=hours)) == at(end)
    assert between(WEEK, at(start), at(end)) == timedelta(hours=hours)


def test_a_period_until_midnight_ends_with_the_day() -> None:
    late = Calendar(BERLIN, {0: (Period(time(22), time.min),)})
    assert add(late, at("2026-11-23T20:00"), timedelta(hours=3)) == at("2026-11-30T23:00")


def test_a_calendar_without_working_hours_is_refused() -> None:
    with pytest.raises(ValueError, match="no working hours"):
        add(Calendar(BERLIN, {}), at("2026-11-23T10:00"), timedelta(hours=1))


FILE = """
zone = "Europe/Berlin"
holidays = ["2026-12-25"]
warn_minutes = 20
[days]
monday = ["09:00-12:00", "13:00-18:00"]
[answer_minutes]
low = 2400
normal = 480
high = 120
critical = 30
"""


@pytest.fixture
def hours_file(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "hours.toml"
    path.write_text(FILE)
    monkeypatch.setenv("DESKFLEET_TICKETS_HOURS", str(path))
    settings.cache_clear()
    sla._read.cache_clear()
    return path


def test_the_deadline_is_by_priority_in_the_desks_hours(hours_file: Path) -> None:
    tuesday = at("2026-11-24T10:00")
    assert sla.deadline(Priority.CRITICAL, since=tuesday) == at("2026-11-30T09:30")
    assert sla.deadline(Priority.NORMAL, since=tuesday) == at("2026-11-30T18:00")
    assert sla.hours().warn_before == timedelta(minutes=20)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ('zone = "Europe/Berlin"', 'zone = "Middle/Earth"'),
        ("critical = 30", "critical = 0"),
        ("critical = 30", "urgent = 30"),
        ('"09:00-12:00"', '"12:00-09:00"'),
        ('"13:00-18:00"', '"11:00-18:00"'),
        ("monday", "funday"),
        ('["2026-12-25"]', '["christmas"]'),
        ('monday = ["09:00-12:00", "13:00-18:00"]', "monday = []"),
    ],
)
def test_a_file_that_is_wrong_stops_with_a_sentence(hours_file: Path, line: str, instead: str) -> None:
    hours_file.write_text(FILE.replace(line, instead))
    sla._read.cache_clear()
    with pytest.raises(SettingError, match="DESKFLEET_TICKETS_HOURS is wrong"):
        sla.hours()


def test_the_file_of_the_documents_is_right(hours_file: Path) -> None:
    written = (Path(__file__).parents[2] / "docs" / "working-hours.md").read_text()
    hours_file.write_text(written.partition("```toml\n")[2].partition("```")[0])
    sla._read.cache_clear()
    assert sla.deadline(Priority.HIGH, since=at("2026-11-27T14:00")) == at("2026-11-30T10:00")


def test_an_escalation_gets_the_deadline_of_its_judged_priority(
    hours_file: Path, run_jobs: CollectedJobs
) -> None:
    judgement = Judgement("shipping", Priority.HIGH, 0.0, "en", 0.9, "Late")
    public_id = escalated(decision={"judgement": judgement})
    with transaction() as session:
        due = queries.find_ticket(session, public_id).staff_due_at
    assert due is not None
    assert abs(due - sla.deadline(Priority.HIGH)) < timedelta(seconds=30)
    assert a_decision().judgement is not None


def set_row(public_id: str, **values: object) -> int:
    with transaction() as session:
        changed = update(Ticket).where(Ticket.public_id == public_id).values(**values).returning(Ticket.id)
        return session.scalars(changed).one()


def test_whoever_has_a_ticket_is_warned_once_before_its_deadline(run_jobs: CollectedJobs) -> None:
    public_id = escalated()
    soon = datetime.now(UTC) + timedelta(minutes=5)
    set_row(public_id, staff_due_at=soon, assignee=CAROL)
    tasks.watch_deadlines()
    tasks.watch_deadlines()
    with transaction() as session:
        [told] = session.scalars(select(Notification))
        assert (told.staff, told.kind) == (CAROL, "deadline_near")
    set_row(public_id, staff_due_at=soon + timedelta(minutes=1))
    with transaction() as session:
        assert deadline_watch.warn_of_deadlines(session) == 1, "another deadline is another warning"


def test_a_far_deadline_and_a_passed_one_warn_nobody(run_jobs: CollectedJobs) -> None:
    set_row(escalated(), staff_due_at=datetime.now(UTC) + timedelta(hours=5), assignee=CAROL)
    set_row(escalated(), staff_due_at=datetime.now(UTC) - timedelta(hours=5), assignee=CAROL)
    with transaction() as session:
        assert deadline_watch.warn_of_deadlines(session) == 0


def test_a_critical_ticket_that_is_left_alone_raises_an_alert_until_somebody_acts(
    run_jobs: CollectedJobs,
) -> None:
    public_id = escalated(priority=Priority.CRITICAL)
    old = datetime.now(UTC) - timedelta(hours=25)
    ticket_id = set_row(public_id, created_at=old)
    set_row(escalated(), created_at=old)
    set_row(escalated(priority=Priority.CRITICAL), created_at=old + timedelta(hours=2))
    tasks.watch_deadlines()
    with transaction() as session:
        [alert] = alerts.list_alerts(session)
        assert alert.kind == "critical_unattended"
        assert public_id in alert.text
        lifecycle.add_note(session, ticket_id, "I am on it.", staff=CAROL, name="Carol")
    tasks.watch_deadlines()
    with transaction() as session:
        assert alerts.list_alerts(session) == []
