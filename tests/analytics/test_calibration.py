"""The proven threshold: its promise is kept in thousands of simulated calibrations, and drift closes the gate."""

import numpy as np
import pytest

from analytics.calibration import (
    THRESHOLDS,
    Checked,
    Gate,
    Promise,
    choose,
    has_drifted,
    more_needed,
    upper_bound,
)
from runtime.errors import InvalidInput

PROMISE = Promise(error=0.05, risk=0.1)
_TRIALS = 3_000


def drawn(draw: np.random.Generator, count: int, *, worse: float = 0.0) -> list[Checked]:
    """Confidences between one half and one; the error falls linearly with them, from a fifth to two in a hundred."""
    confidences = draw.uniform(0.5, 1.0, count)
    errors = 0.2 - 0.36 * (confidences - 0.5) + worse
    return [
        Checked(float(one), bool(right))
        for one, right in zip(confidences, draw.random(count) >= errors, strict=True)
    ]


def true_error(threshold: float, *, worse: float = 0.0) -> float:
    """Of all answers above it: the mean of a line is its value in the middle."""
    return 0.2 - 0.36 * ((threshold + 1.0) / 2 - 0.5) + worse


def test_the_promise_is_broken_in_no_more_calibrations_than_allowed() -> None:
    draw = np.random.default_rng(11)
    broken = opened = 0
    for _ in range(_TRIALS):
        gate = choose(drawn(draw, 1_500), PROMISE)
        if gate.threshold is not None:
            opened += 1
            broken += true_error(gate.threshold) > PROMISE.error
    assert opened > 0.3 * _TRIALS  # A gate that never opens would keep every promise.
    assert 0 < broken / _TRIALS <= PROMISE.risk + 2 * np.sqrt(PROMISE.risk * (1 - PROMISE.risk) / _TRIALS)


def test_a_careless_choice_would_break_it_far_more_often() -> None:
    draw = np.random.default_rng(11)
    broken = 0
    for _ in range(500):
        answers = drawn(draw, 1_500)
        for threshold in reversed(THRESHOLDS):
            above = [one for one in answers if one.confidence >= threshold]
            if sum(not one.is_right for one in above) <= PROMISE.error * len(above):
                broken += true_error(threshold) > PROMISE.error
                break
    assert broken / 500 > 2 * PROMISE.risk


def test_more_checked_answers_open_the_gate_wider() -> None:
    few, many = (choose(drawn(np.random.default_rng(5), count), PROMISE) for count in (200, 20_000))
    assert many.threshold is not None
    assert few.threshold is None or few.threshold >= many.threshold
    assert many.bound <= PROMISE.error
    assert 0 < many.automation < 1


def test_without_enough_answers_it_is_closed_and_says_how_many_are_missing() -> None:
    answers = [Checked(0.995, is_right=True)] * 20
    gate = choose(answers, Promise(error=0.02, risk=0.05))
    assert (gate.threshold, gate.more_needed) == (
        None,
        129,
    )  # 149 right ones in all: 0.98¹⁴⁹ is below a twentieth.
    assert choose([*answers, *answers[:1] * 129], Promise(error=0.02, risk=0.05)).threshold is not None
    assert choose([], Promise(error=0.02, risk=0.05)).more_needed == 149


def test_a_wrong_answer_asks_for_more_right_ones() -> None:
    promise = Promise(error=0.02, risk=0.05)
    missing = more_needed(1, 100, promise)
    assert upper_bound(1, 100 + missing, promise.risk) <= 0.02 < upper_bound(1, 99 + missing, promise.risk)
    assert missing > more_needed(0, 100, promise)


def test_the_bound_has_its_published_values() -> None:
    assert upper_bound(0, 10, 0.05) == pytest.approx(0.2589, abs=1e-4)
    assert upper_bound(2, 20, 0.05) == pytest.approx(0.2826, abs=1e-4)
    assert upper_bound(3, 3, 0.05) == 1.0


def test_a_gate_stays_open_while_all_is_as_it_was_and_closes_when_answers_get_worse() -> None:
    draw = np.random.default_rng(4)
    gate = Gate(threshold=0.95, automation=0.1, checked=500, wrong=10, bound=0.04, more_needed=0)
    falsely = sum(has_drifted(drawn(draw, 3_000), gate, PROMISE) for _ in range(400))
    noticed = sum(has_drifted(drawn(draw, 3_000, worse=0.1), gate, PROMISE) for _ in range(200))
    assert true_error(0.95) < PROMISE.error < true_error(0.95, worse=0.1)
    assert falsely / 400 <= PROMISE.risk
    assert noticed / 200 > 0.95


def test_answers_below_the_threshold_say_nothing_of_drift() -> None:
    gate = Gate(threshold=0.95, automation=0.1, checked=500, wrong=10, bound=0.04, more_needed=0)
    assert not has_drifted([Checked(0.9, is_right=False)] * 500, gate, PROMISE)
    assert has_drifted([Checked(0.96, is_right=False)] * 20, gate, PROMISE)
    closed = Gate(threshold=None, automation=0, checked=0, wrong=0, bound=1, more_needed=149)
    assert not has_drifted([Checked(0.99, is_right=False)] * 500, closed, PROMISE)


@pytest.mark.parametrize(("error", "risk"), [(0, 0.05), (0.02, 0), (1, 0.05), (0.02, 1.5)])
def test_a_promise_of_nothing_is_refused(error: float, risk: float) -> None:
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        Promise(error, risk)
