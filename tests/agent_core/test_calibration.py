"""What a confidence was worth so far."""

from collections.abc import Iterator

import numpy as np
import pytest

from agent_core import calibration
from agent_core.calibration import AS_TOLD, LEAST_OUTCOMES, Curve
from tickets.contracts import ClaimOutcome


@pytest.fixture(autouse=True)
def _as_told() -> Iterator[None]:
    yield
    calibration.use({})


def boastful(count: int, *, seed: int = 1, model: str = "local:local") -> list[ClaimOutcome]:
    """Claims that are right less often the surer they are: 0.95 is worth about 0.7."""
    draw = np.random.default_rng(seed)
    claimed = draw.uniform(0.3, 1.0, count)
    return [ClaimOutcome(model, float(one), bool(draw.random() < one**2 * 0.78)) for one in claimed]


def stepped(count: int, *, seed: int = 1) -> list[ClaimOutcome]:
    """No line in the odds: below 0.6 hardly ever right, above it nearly always."""
    draw = np.random.default_rng(seed)
    claimed = draw.uniform(0.3, 1.0, count)
    return [
        ClaimOutcome("m", float(one), bool(draw.random() < (0.92 if one > 0.6 else 0.15))) for one in claimed
    ]


@pytest.mark.parametrize("outcomes", [boastful(1500), stepped(1500)])
def test_on_outcomes_that_the_curve_has_not_seen_the_error_falls_below_a_twentieth(
    outcomes: list[ClaimOutcome],
) -> None:
    found = calibration.measured(outcomes)
    assert found.ece_before > 0.1
    assert found.ece_after <= 0.05
    assert sum(one.texts for one in found.bins_after) == found.outcomes == 1500


def test_a_curve_holds_on_outcomes_of_another_day() -> None:
    curve = calibration.fitted(boastful(600, seed=1))
    later = boastful(2000, seed=2)
    recalled = [
        ClaimOutcome(one.model, float(curve.of(np.array(one.confidence))), one.right) for one in later
    ]
    assert calibration.measured(later).ece_before > 0.1
    assert calibration.measured(recalled).ece_before <= 0.05


def test_few_outcomes_change_nothing() -> None:
    few = boastful(LEAST_OUTCOMES - 1)
    assert calibration.fitted(few) == AS_TOLD
    assert calibration.measured(few).ece_after == calibration.measured(few).ece_before
    assert calibration.measured([]).outcomes == 0


def test_many_rights_without_a_wrong_make_nobody_certain() -> None:
    curve = calibration.fitted([ClaimOutcome("m", 0.9, True)] * 200)
    worth = float(curve.of(np.array(0.9)))
    assert 0.99 < worth < 1.0


def test_a_greater_claim_is_never_worth_less() -> None:
    for outcomes in (boastful(300), stepped(300)):
        worth = calibration.fitted(outcomes).of(np.linspace(0, 1, 200))
        assert (np.diff(worth) >= -1e-12).all()
        assert ((worth >= 0) & (worth <= 1)).all()


def test_each_model_has_a_curve_of_its_own() -> None:
    calibration.use({"local:local": Curve((0.0, 1.0), (0.0, 0.5))})
    assert calibration.applied("local:local", 0.8) == pytest.approx(0.4)
    assert calibration.applied("anthropic:m", 0.8) == pytest.approx(0.8)
    assert list(calibration.by_model(boastful(3, model="b") + boastful(2, model="a"))) == ["a", "b"]
