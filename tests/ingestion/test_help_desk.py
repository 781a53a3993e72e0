"""A ticket's status on its way back to the help desk that it came from, against the vendors' stubs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from ingestion import help_desk, tasks
from ingestion.channels import intercom, zendesk
from runtime.database import transaction
from tests.ingestion.channels.platforms import configured, payload
from tests.ingestion.help_desks import Desk, ask, deliver, limited_for_a_minute, running_desk
from tests.jobs import CollectedJobs
from tests.stubs.vendor_stub import Answer
from tickets import lifecycle, wakeups
from tickets.contracts import Channel, Status
from tickets.models import Ticket, TicketEvent


@pytest.fixture(params=[Channel.ZENDESK, Channel.INTERCOM])
def desk(request: pytest.FixtureRequest, run_jobs: CollectedJobs) -> Iterator[Desk]:
    with running_desk(request.param) as running:
        yield running


def steps(kind: str) -> list[dict[str, Any]]:
    """What the timeline says of one kind of step, oldest first."""
    with transaction() as session:
        query = select(TicketEvent.data).where(TicketEvent.kind == kind).order_by(TicketEvent.id)
        return [dict(data) for data in session.scalars(query)]


def set_status(ticket_id: int, status: Status) -> None:
    with transaction() as session:
        lifecycle.set_status(session, ticket_id, status, actor="AGENT-1")


def test_resolved_and_reopened_are_told_to_the_help_desk(desk: Desk) -> None:
    ticket_id = ask(desk)
    set_status(ticket_id, Status.RESOLVED)
    tasks.push_status(ticket_id)
    assert desk.is_done()
    set_status(ticket_id, Status.OPEN)
    tasks.push_status(ticket_id)
    assert not desk.is_done()
    assert [step["done"] for step in steps(help_desk.WRITTEN)] == [True, False]


def test_telling_twice_writes_once(desk: Desk) -> None:
    ticket_id = ask(desk)
    set_status(ticket_id, Status.RESOLVED)
    tasks.push_status(ticket_id)
    tasks.push_status(ticket_id)
    assert len(desk.stub.written()) == 1


def test_a_ticket_that_was_never_done_costs_no_call(desk: Desk) -> None:
    ticket_id = ask(desk)
    tasks.push_status(ticket_id)
    tasks.push_status(ticket_id + 1000)
    assert desk.stub.received == []


def test_a_status_that_changes_while_it_is_told_ends_with_the_present_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket_id = ask(desk)
    set_status(ticket_id, Status.RESOLVED)
    channel = {Channel.ZENDESK: zendesk, Channel.INTERCOM: intercom}[desk.channel]
    told: list[bool] = []
    write = channel.write_status

    def reopened_meanwhile(thread: str, *, done: bool) -> None:
        if not told:
            set_status(ticket_id, Status.OPEN)
        told.append(done)
        write(thread, done=done)

    monkeypatch.setattr(channel, "write_status", reopened_meanwhile)
    tasks.push_status(ticket_id)
    assert told == [True, False]
    assert not desk.is_done()


def test_a_thread_is_done_when_all_its_tickets_are(desk: Desk) -> None:
    first = ask(desk)
    set_status(first, Status.CLOSED)
    assert deliver(desk, payload(desk.addition)) == 200
    tasks.push_status(first)
    assert not desk.is_done()
    with transaction() as session:
        second = session.scalar(select(func.max(Ticket.id))) or 0
    assert second != first
    set_status(second, Status.RESOLVED)
    tasks.push_status(second)
    assert desk.is_done()


def test_a_limit_postpones_the_status_and_the_sweep_asks_again(desk: Desk, run_jobs: CollectedJobs) -> None:
    ticket_id = ask(desk)
    set_status(ticket_id, Status.RESOLVED)
    run_jobs.lose()
    desk.stub.then(limited_for_a_minute())
    tasks.push_status(ticket_id)
    tasks.push_status(ticket_id)
    assert len(desk.stub.received) == 1
    (postponed,) = steps(help_desk.POSTPONED)
    assert 50 < (datetime.fromisoformat(postponed["until"]) - datetime.now(UTC)).total_seconds() <= 61
    _pass_time()
    tasks.sweep_statuses()
    assert run_jobs.names() == [wakeups.PUSH_STATUS]
    run_jobs()
    assert desk.is_done()


def _pass_time() -> None:
    """As if an hour had gone by: pauses are over, and what was asked for then was lost."""
    with transaction() as session:
        session.execute(update(Ticket).values(updated_at=func.now() - text("interval '1 hour'")))
        session.execute(
            text(
                "update ticket_events set data = jsonb_set(data, '{until}', to_jsonb(now() - interval '1 hour')) "
                "where kind = 'status_postponed'"
            )
        )


def test_a_lost_job_is_asked_for_again_and_a_told_status_is_not(desk: Desk, run_jobs: CollectedJobs) -> None:
    ticket_id = ask(desk)
    set_status(ticket_id, Status.RESOLVED)
    run_jobs.lose()
    tasks.sweep_statuses()
    assert run_jobs.names() == []  # It may be on its way still.
    _pass_time()
    tasks.sweep_statuses()
    run_jobs()
    assert desk.is_done()
    tasks.sweep_statuses()
    assert run_jobs.names() == []


def test_a_refused_status_is_kept_for_staff_and_not_repeated(desk: Desk, run_jobs: CollectedJobs) -> None:
    ticket_id = ask(desk)
    set_status(ticket_id, Status.RESOLVED)
    run_jobs.lose()
    desk.stub.then(Answer(403))
    tasks.push_status(ticket_id)
    assert "answered 403" in steps(help_desk.REFUSED)[0]["error"]
    _pass_time()
    tasks.sweep_statuses()
    assert run_jobs.names() == []


def test_a_status_that_was_tried_too_often_is_given_up(desk: Desk) -> None:
    ticket_id = ask(desk)
    set_status(ticket_id, Status.RESOLVED)
    desk.stub.then(*[Answer(503)] * 20)
    for _try in range(10):
        tasks.push_status(ticket_id)
        _pass_time()
    assert [step["tries"] for step in steps(help_desk.POSTPONED)] == list(range(1, 8))
    assert len(steps(help_desk.REFUSED)) == 1


def test_without_the_settings_the_status_waits_for_them(desk: Desk) -> None:
    ticket_id = ask(desk)
    set_status(ticket_id, Status.RESOLVED)
    with configured({"ZENDESK_API_TOKEN": "", "INTERCOM_ACCESS_TOKEN": ""}):
        tasks.push_status(ticket_id)
    assert "is missing" in steps(help_desk.POSTPONED)[0]["error"]
    _pass_time()
    tasks.push_status(ticket_id)
    assert desk.is_done()
