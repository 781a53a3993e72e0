"""Two deciders on the same cases are compared with intervals that hold."""

import random

import pytest

from analytics.replay_truth import Past, difference, judge
from analytics.replays import clopper_pearson, paired_difference, side, wilson


def past(**changes: object) -> Past:
    values: dict[str, object] = {
        "outcome": "escalation", "reason": "low_confidence", "category": "shipping", "confidence": 0.5,
        "draft": "It takes three days.", "sent": "", "is_right": None, "cost_usd": 0.0, "ms": 1,
    }  # fmt: skip
    return Past(**(values | changes))  # type: ignore[arg-type]  # the fields of the dataclass


def test_known_intervals_are_met() -> None:
    one = wilson(10, 20)
    assert one.low == pytest.approx(0.2993, abs=1e-4)
    assert one.high == pytest.approx(0.7007, abs=1e-4)
    exact = clopper_pearson(0, 20)
    assert exact.low == 0
    assert exact.high == pytest.approx(0.1684, abs=1e-4)
    assert clopper_pearson(5, 5).high == 1.0
    assert wilson(0, 0).value is None


def test_the_interval_of_a_difference_holds_the_truth_as_often_as_it_says() -> None:
    draw = random.Random(7)
    held = 0
    for _ in range(1_000):
        pairs = [(draw.random() < 0.6, draw.random() < 0.5) for _ in range(200)]
        found = paired_difference(pairs)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= -0.1 <= found.high
    assert held >= 930


def test_the_same_replies_gain_nothing_without_being_certain() -> None:
    found = paired_difference([(True, True)] * 50)
    assert found.value == 0
    assert found.low is not None
    assert found.low < 0


def test_a_draft_is_judged_by_its_likeness_to_what_is_known() -> None:
    right = past(is_right=True)
    assert judge("It takes three days.", right) is True
    assert judge("We never send anything to you, ask your neighbour.", right) is None
    sent = past(sent="We never send anything to you, ask your neighbour.")
    assert judge("It takes three days.", sent) is False
    assert judge("We never send anything to you, ask your neighbour.", sent) is True
    assert judge("", right) is None


def test_the_opposite_is_most_different_and_the_same_not_at_all() -> None:
    assert difference(past(), "escalation", "low_confidence", "It takes three days.") == 0
    opposite = difference(past(), "reply", "", "Something else entirely was said")
    assert opposite == pytest.approx(1.0, abs=0.05)


def test_wrong_answers_count_among_replies_that_were_judged() -> None:
    decided: list[dict[str, object]] = [
        {"outcome": "reply", "is_right": True, "ms": 3, "cost_usd": 0.5},
        {"outcome": "reply", "is_right": False, "ms": 1},
        {"outcome": "reply", "is_right": None, "ms": 2},
        {"outcome": "escalation", "reason": "vip", "is_right": False},
    ]
    found = side(decided)
    assert (found.wrong.value, found.wrong.of) == (0.5, 2)
    assert (found.automation.value, found.escalations, found.cost_usd) == (0.75, {"vip": 1}, 0.5)
