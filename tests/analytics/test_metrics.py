"""Each figure on stories whose answer can be counted by hand."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from analytics import metrics
from analytics.stories import Story, changed_share

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = MONDAY + timedelta(days=30)


def after(**span: float) -> datetime:
    return MONDAY + timedelta(**span)


def story(**changes: object) -> Story:
    values: dict[str, object] = {
        "public_id": "TKT-1",
        "began": MONDAY,
        "channel": "mail",
        "category": "shipping",
    }
    return Story(**(values | {"questions": [MONDAY]} | changes))  # type: ignore[arg-type]


ALONE = story(agent_replies=[after(minutes=2)])
CAME_BACK = story(
    agent_replies=[after(minutes=4), after(days=3, minutes=1)],
    questions=[MONDAY, after(days=3)],
    cost_usd=0.02,
)
BY_STAFF = story(
    escalations=[(after(minutes=1), "vip")],
    staff_replies=[after(hours=2)],
    closings=[after(hours=3)],
    rating=4,
    edits=[0.5],
    category="billing",
)
WAITING = story(escalations=[(after(minutes=1), "legal"), (after(minutes=9), "vip")], category="billing")
FRESH = story(began=NOW - timedelta(hours=1), questions=[NOW - timedelta(hours=1)], agent_replies=[NOW])
ALL = [ALONE, CAME_BACK, BY_STAFF, WAITING, FRESH]


def test_a_ticket_is_resolved_by_closing_or_by_the_reply_before_a_day_of_silence() -> None:
    assert metrics.resolved_at(ALONE, NOW) == after(minutes=2)
    assert metrics.resolved_at(CAME_BACK, NOW) == after(minutes=4)
    assert metrics.resolved_at(BY_STAFF, NOW) == after(hours=2)
    assert metrics.resolved_at(WAITING, NOW) is None
    assert metrics.resolved_at(FRESH, NOW) is None


def test_an_answer_that_was_asked_about_at_once_resolved_nothing_yet() -> None:
    talk = story(questions=[MONDAY, after(minutes=5)], agent_replies=[after(minutes=2), after(minutes=7)])
    assert metrics.resolved_at(talk, NOW) == after(minutes=7)


def test_the_figures_of_five_tickets() -> None:
    found = metrics.measure(ALL, NOW)
    assert (found.tickets, found.messages) == (5, 6)
    assert found.first_response_p50_s == pytest.approx(1920.0)  # Of 120, 240, 3600 and 7200 seconds.
    assert found.ai_resolution == pytest.approx(2 / 4)
    assert found.durable_resolution == pytest.approx(2 / 3)
    assert found.reopened == pytest.approx(1 / 3)
    assert found.escalation == pytest.approx(2 / 5)
    assert (found.satisfaction, found.ratings, found.draft_edits) == (4.0, 1, 0.5)
    assert found.cost_per_ticket_usd == pytest.approx(0.004)
    assert found.hours_saved == pytest.approx(2 * 5 / 60)


def test_without_tickets_a_figure_is_unknown_and_not_zero() -> None:
    found = asdict(metrics.measure([], NOW))
    assert {name for name, value in found.items() if value == 0} == {
        "tickets",
        "messages",
        "ratings",
        "hours_saved",
    }
    assert all(value is None or value == 0 for value in found.values())


def test_resolution_is_not_called_durable_before_seven_days_are_over() -> None:
    assert metrics.durable_resolution([ALONE], after(days=6)) is None
    assert metrics.durable_resolution([ALONE], after(days=8)) == 1.0


def test_the_first_reason_counts() -> None:
    assert metrics.reasons(ALL) == {"legal": 1, "vip": 1}


def test_parts_hold_every_ticket_once() -> None:
    parts = metrics.by_part(ALL, lambda one: one.category, NOW)
    assert {name: one.tickets for name, one in parts.items()} == {"billing": 2, "shipping": 3}


def test_percentiles_lie_between_ranks() -> None:
    assert metrics.percentile([1, 2, 3, 4], 0.5) == 2.5
    assert metrics.percentile([5], 0.9) == 5
    assert metrics.percentile([], 0.5) is None


def test_the_share_of_changed_words() -> None:
    assert changed_share("We send it today.", "We send it today.") == 0
    assert changed_share("We send it today.", "We send it tomorrow.") == pytest.approx(0.25)
    assert changed_share("Yes", "No") == 1
