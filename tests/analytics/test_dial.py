"""The dial counts what a threshold would have meant."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, text

from analytics import dial
from analytics.dial import Desk, Seen
from analytics.models import StoredForecast
from runtime.database import transaction
from tests.agent_core.past_desk import NOW, answered
from tests.jobs import CollectedJobs
from tickets.contracts import Reason
from tickets.models import AgentDecision

HOUR = datetime(2026, 3, 2, 9, tzinfo=UTC)


def seen() -> list[Seen]:
    """100 decisions: confidence 0.00 … 0.99, every fourth stopped by another rule; what is below 0.5 is wrong."""
    return [Seen(n / 100, n % 4 > 0, n >= 50, 0.01) for n in range(100)]


def forecast() -> StoredForecast:
    bins = [
        {"at": (HOUR + timedelta(hours=n)).isoformat(), "expected": 40.0, "low_80": 30.0, "high_80": 50.0}
        for n in range(30)
    ]
    return StoredForecast(kind="hourly", channel="", category="", made_at=HOUR, model={}, bins=bins)


def test_at_a_threshold_what_is_surer_goes_out_unless_another_rule_stops_it() -> None:
    found = dial.point(seen(), 0.4, Desk())
    assert found.automation.value == 0.45
    assert found.errors.value == pytest.approx(7 / 45)
    assert found.cost_per_ticket_usd == pytest.approx(0.01 + 0.55 * 300 / 3600 * 30)


def test_with_every_turn_of_the_dial_fewer_answers_go_out_and_fewer_are_wrong() -> None:
    points = dial.curve(seen(), Desk())
    for lower, higher in pairwise(points):
        assert (lower.automation.value or 0) >= (higher.automation.value or 0)
        assert lower.cost_per_ticket_usd <= higher.cost_per_ticket_usd
    assert points[-1].errors.value == 0


def test_too_few_decisions_have_no_curve() -> None:
    assert dial.curve(seen()[: dial.LEAST - 1], Desk()) == []
    assert dial.point([], 0.5, Desk()).automation.value is None


def test_the_hours_have_people_for_the_band_and_what_customers_meet() -> None:
    chosen = dial.point(seen(), 0.5, Desk())
    found = dial.hours(forecast(), chosen, Desk(), start=HOUR)
    assert len(found) == 24
    first = found[0]
    assert first.low < first.contacts < first.high
    assert first.staff_low <= first.staff <= first.staff_high
    assert first.answered_in_time >= 0.8
    alone = dial.hours(forecast(), dial.point(seen(), 0.0, Desk()), Desk(), start=HOUR)[0]
    assert alone.contacts < first.contacts
    short = dial.hours(forecast(), chosen, Desk(at_work=1), start=HOUR)[0]
    assert (short.queue, short.answered_in_time) == (None, 0.0)


def test_decisions_are_read_with_what_stopped_them_and_whether_they_were_right(
    run_jobs: CollectedJobs,
) -> None:
    answered("How long does it take?")
    answered("And where is it?", reason=Reason.LOW_CONFIDENCE, who="bob@example.com")
    answered("I sue you", reason=Reason.LEGAL, who="carol@example.com")
    with transaction() as session:
        number = session.scalars(select(AgentDecision.id).order_by(AgentDecision.id)).first()
        assert number is not None
        session.execute(
            text(
                "insert into answer_verdicts (decision_id, staff, verdict) values (:one, 'AGENT-1', 'wrong')"
            ),
            {"one": number},
        )
    with transaction() as session:
        found = dial.read_seen(session, NOW - timedelta(days=1), NOW + timedelta(days=1))
        assert [(one.follows, one.is_right) for one in found] == [(False, None), (True, None), (True, False)]
        assert dial.read_seen(session, NOW - timedelta(days=1), NOW + timedelta(days=1), category="x") == []
