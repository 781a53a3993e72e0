"""Arms, sizes and proofs of experiments."""

import random
from collections import Counter
from math import sqrt

import pytest

from analytics import experiment_tests as tests
from analytics.experiment_tests import ALPHA, CANDIDATE, arm_of
from runtime.errors import InvalidInput


def test_a_customer_stays_in_the_arm_and_another_experiment_draws_anew() -> None:
    first = {number: arm_of("EXP-1", number, 0.3) for number in range(5_000)}
    assert {number: arm_of("EXP-1", number, 0.3) for number in range(5_000)} == first
    assert Counter(first.values())[CANDIDATE] == pytest.approx(1_500, abs=110)
    both = sum(first[n] == arm_of("EXP-2", n, 0.3) == CANDIDATE for n in range(5_000))
    assert both == pytest.approx(450, abs=75)


def test_the_needed_size_is_the_known_one() -> None:
    assert tests.needed_size(0.5, 0.1) == pytest.approx(388, abs=2)
    assert tests.needed_size(0.5, 0.05) > 3 * tests.needed_size(0.5, 0.1)
    for effect in (0.0, 1.0, -0.1, 6e-65):
        with pytest.raises(InvalidInput):
            tests.needed_size(0.5, effect)


def simulated(
    draw: random.Random, *, of: int, control: float, candidate: float
) -> tuple[list[bool], list[bool]]:
    """Customers as they come, sorted into arms by the very function that sorts real ones."""
    name, customer = f"EXP-{draw.random()}", 0
    arms: dict[str, list[bool]] = {tests.CONTROL: [], CANDIDATE: []}
    while min(map(len, arms.values())) < of:
        arm = arm_of(name, customer, 0.5)
        arms[arm].append(draw.random() < (candidate if arm == CANDIDATE else control))
        customer += 1
    return arms[tests.CONTROL], arms[CANDIDATE]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_two_equal_arms_are_told_apart_no_more_often_than_said(share: float) -> None:
    draw, runs, of = random.Random(11), 1_500, 150
    alarms = sum(
        tests.compare(*simulated(draw, of=of, control=share, candidate=share), of).is_significant
        for _ in range(runs)
    )
    assert alarms / runs <= ALPHA + 2.6 * sqrt(ALPHA * (1 - ALPHA) / runs)


def test_a_change_by_the_effect_is_seen_as_often_as_said() -> None:
    draw, runs = random.Random(5), 400
    of = tests.needed_size(0.5, 0.15)
    seen = sum(
        tests.compare(*simulated(draw, of=of, control=0.5, candidate=0.65), of).is_significant
        for _ in range(runs)
    )
    assert seen / runs >= tests.POWER - 0.06


def test_looking_before_the_end_proves_nothing_and_looking_after_changes_nothing() -> None:
    draw = random.Random(3)
    control, candidate = simulated(draw, of=120, control=0.4, candidate=0.6)
    early = tests.compare(control[:99], candidate[:100], 100)
    assert (early.p_value, early.is_significant) == (None, False)
    at_the_end = tests.compare(control[:100], candidate[:100], 100)
    assert at_the_end.p_value is not None
    assert tests.compare(control, candidate, 100) == at_the_end


def test_the_interval_agrees_with_the_proof() -> None:
    found = tests.compare([True] * 30 + [False] * 70, [True] * 60 + [False] * 40, 100)
    assert found.is_significant
    assert found.difference.low is not None
    assert found.difference.low > 0
    assert found.difference.value == pytest.approx(0.3)
    assert tests.compare([True] * 5, [True] * 5, 5).p_value == 1.0


def test_the_guardrail_stops_what_harms_and_seldom_anything_else() -> None:
    draw = random.Random(2)
    assert tests.is_harmful([draw.random() > 0.3 for _ in range(200)], 0.05)
    stopped = sum(tests.is_harmful([draw.random() > 0.05 for _ in range(300)], 0.05) for _ in range(300))
    assert stopped <= 10
    assert not tests.is_harmful([], 0.05)
