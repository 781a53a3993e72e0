"""Rolled-up figures are exactly those that are counted from scratch, whatever happened and however late."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from analytics import metrics, rollups
from analytics.rollup_models import RolledStory
from analytics.stories import Story, stories
from runtime.database import transaction
from runtime.errors import Conflict
from tests.analytics.test_stories import number_of, span
from tests.console.desk import receive
from tests.jobs import CollectedJobs
from tests.samples import a_decision, claimed_case
from tickets import lifecycle, satisfaction
from tickets.contracts import Reason, Status
from tickets.models import Ticket

_PEOPLE = ("alice@example.com", "bob@example.com", "carol@example.com")


def same() -> list[Story]:
    with transaction() as session:
        counted = stories(session, span())
    with transaction() as session:
        rolled = rollups.read(session, span())
    assert rolled == counted
    for now in (
        datetime.now(UTC),
        datetime.now(UTC) + timedelta(days=2),
        datetime.now(UTC) + timedelta(days=9),
    ):
        assert metrics.measure(rolled, now) == metrics.measure(counted, now)
        for part in (lambda one: one.category, lambda one: one.channel):
            assert metrics.by_part(rolled, part, now) == metrics.by_part(counted, part, now)
        assert metrics.reasons(rolled) == metrics.reasons(counted)
    return rolled


def numbers() -> list[int]:
    with transaction() as session:
        return list(
            session.scalars(select(Ticket.id).where(Ticket.status != Status.MERGED).order_by(Ticket.id))
        )


def _asks(draw: random.Random) -> None:
    receive(identity=draw.choice(_PEOPLE))


def _agent_decides(draw: random.Random) -> None:
    with transaction() as session:
        if lifecycle.claim(session) is None:
            return
        session.rollback()
    case = claimed_case()
    with transaction() as session:
        if draw.random() < 0.5:
            lifecycle.reply(session, case, a_decision(cost_usd=draw.random()))
        else:
            lifecycle.escalate(session, case, a_decision(reason=Reason.VIP, draft="We send it today."))


def _staff_answers(draw: random.Random) -> None:
    number = draw.choice(numbers())
    with suppress(Conflict), transaction() as session:
        seen = session.get_one(Ticket, number).last_seq
        lifecycle.staff_reply(
            session, number, "We send it tomorrow.", staff="AGENT-1", name="Carol", seen_seq=seen
        )


def _status_is_set(draw: random.Random) -> None:
    # A closed ticket does not become open: then nothing happens.
    with suppress(Conflict), transaction() as session:
        number = draw.choice(numbers())
        chosen = draw.choice((Status.RESOLVED, Status.OPEN, Status.CLOSED))
        lifecycle.set_status(session, number, chosen, actor="AGENT-1")


def _customer_rates(draw: random.Random) -> None:
    with transaction() as session:
        satisfaction.rate(session, draw.choice(numbers()), draw.randint(1, 5))


def _time_passes(draw: random.Random) -> None:
    """What there is happened earlier by hours: then silences end."""
    with transaction() as session:
        hours = {"hours": timedelta(hours=draw.randint(1, 40))}
        for table, column in (("messages", "created_at"), ("ticket_events", "at"), ("tickets", "updated_at")):
            number = draw.choice(numbers())
            key = "id" if table == "tickets" else "ticket_id"
            statement = f"update {table} set {column} = {column} - :hours where {key} = :ticket"
            session.execute(text(statement), {**hours, "ticket": number})
            session.execute(
                text("update tickets set updated_at = updated_at - interval '1 second' where id = :ticket"),
                {"ticket": number},
            )


_HAPPENS: tuple[Callable[[random.Random], None], ...] = (
    _asks, _asks, _agent_decides, _agent_decides, _staff_answers, _status_is_set, _customer_rates, _time_passes,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_after_any_history_the_figures_are_those_of_a_count_from_scratch(
    run_jobs: CollectedJobs, seed: int
) -> None:
    draw = random.Random(seed)
    for _ in range(4):
        _asks(draw)
    for step in range(40):
        draw.choice(_HAPPENS)(draw)
        if step % 5 == 0:
            same()
    assert same()


def test_a_rating_alone_is_noticed(run_jobs: CollectedJobs) -> None:
    number = number_of(receive())
    same()
    with transaction() as session:
        satisfaction.rate(session, number, 2)
    assert [one.rating for one in same()] == [2]


def test_a_ticket_reopened_after_days_is_told_anew(run_jobs: CollectedJobs) -> None:
    public_id = receive()
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision())
        lifecycle.set_status(session, case.ticket_id, Status.RESOLVED, actor="AGENT-1")
    same()
    with transaction() as session:
        session.execute(text("update messages set created_at = created_at - interval '3 days'"))
        session.execute(text("update tickets set updated_at = updated_at - interval '3 days'"))
    same()
    with transaction() as session:
        lifecycle.set_status(session, number_of(public_id), Status.OPEN, actor="AGENT-1")
    same()


def test_a_merged_ticket_has_no_story_any_more(run_jobs: CollectedJobs) -> None:
    first, second = receive(), receive()
    assert len(same()) == 2
    with transaction() as session:
        lifecycle.merge(session, number_of(second), number_of(first), actor="AGENT-1")
    [one] = same()
    assert one.public_id == first


def test_what_is_erased_is_rolled_up_no_more(run_jobs: CollectedJobs) -> None:
    number = number_of(receive())
    receive(identity="bob@example.com")
    same()
    with transaction() as session:
        session.execute(text("delete from ticket_events where ticket_id = :ticket"), {"ticket": number})
        session.execute(text("delete from received_messages where ticket_id = :ticket"), {"ticket": number})
        session.execute(text("delete from tickets where id = :ticket"), {"ticket": number})
    assert len(same()) == 1
    with transaction() as session:
        assert len(list(session.scalars(select(RolledStory)))) == 1


def test_rebuilding_gives_the_same_and_may_be_done_twice(run_jobs: CollectedJobs) -> None:
    for who in _PEOPLE:
        receive(identity=who)
    before = same()
    assert rollups.rebuild() == 3
    assert same() == before
    assert rollups.roll_up() == 0
    assert rollups.rebuild() == 3


def test_more_than_a_page_can_wait_for_is_counted_from_scratch_until_the_job_has_run(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "_AT_ONCE", 2)
    monkeypatch.setattr(rollups, "_BATCH", 2)
    for who in _PEOPLE:
        receive(identity=who)
    assert len(same()) == 3
    with transaction() as session:
        assert list(session.scalars(select(RolledStory))) == []
    assert rollups.roll_up() == 3
    assert len(same()) == 3
