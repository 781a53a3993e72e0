"""Predictions of tickets, on made-up histories whose truth is known."""

import random
from math import exp

import pytest

from analytics.predictions import (
    LEAST_TIMES,
    RiskFitted,
    Silent,
    TimesFitted,
    expect,
    fit_risk,
    fit_times,
    risk,
)

CATEGORIES = ("billing", "shipping", "bugs")


def times(count: int, *, seed: int = 1) -> list[tuple[dict[str, str], float]]:
    """Bugs take ten times as long as shipping; each ticket varies."""
    chance = random.Random(seed)
    usual = {"billing": 8.0, "shipping": 7.0, "bugs": 9.3}
    found = []
    for _ in range(count):
        category = chance.choice(CATEGORIES)
        features = {"category": category, "channel": chance.choice(("mail", "api"))}
        found.append((features, exp(usual[category] + chance.gauss(0, 0.5))))
    return found


def outcomes(count: int, *, seed: int = 1) -> list[tuple[dict[str, str], bool]]:
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        category = chance.choice(CATEGORIES)
        found.append(({"category": category}, chance.random() < (0.7 if category == "bugs" else 0.1)))
    return found


def test_times_are_learnt_with_an_interval_that_holds_as_often_as_it_says() -> None:
    fitted = fit_times(times(3_000))
    assert isinstance(fitted, TimesFitted)
    slow, quick = expect(fitted.model, {"category": "bugs"}), expect(fitted.model, {"category": "shipping"})
    assert 6 < slow.middle_s / quick.middle_s < 16
    assert quick.low_s < quick.middle_s < quick.high_s
    assert 0.76 < fitted.coverage < 0.84
    assert fitted.error_s < 0.8 * fitted.error_of_median_s


def test_an_interval_of_a_desk_that_became_slower_is_measured_as_too_narrow() -> None:
    old, new = times(2_400), [(features, 5 * seconds) for features, seconds in times(600, seed=2)]
    fitted = fit_times(old + new)
    assert isinstance(fitted, TimesFitted)
    assert fitted.coverage < 0.4


def test_too_few_tickets_are_told_and_predict_nothing() -> None:
    assert fit_times(times(LEAST_TIMES - 12)) == Silent("12 more resolved tickets are needed.")
    assert isinstance(fit_risk(outcomes(50)), Silent)
    assert isinstance(fit_risk([({"category": "bugs"}, False)] * 1_000), Silent)


def test_a_risk_is_a_chance_that_is_right_as_often() -> None:
    fitted = fit_risk(outcomes(3_000))
    assert isinstance(fitted, RiskFitted)
    assert risk(fitted.model, {"category": "bugs"}) == pytest.approx(0.7, abs=0.06)
    assert risk(fitted.model, {"category": "billing"}) == pytest.approx(0.1, abs=0.05)
    assert fitted.auc > 0.7
    assert fitted.brier < fitted.brier_of_share


def test_what_nothing_tells_apart_is_not_predicted() -> None:
    chance = random.Random(3)
    told = fit_risk([({"category": chance.choice(CATEGORIES)}, chance.random() < 0.5) for _ in range(2_000)])
    assert isinstance(told, Silent)
    assert "does not tell them apart" in told.why


def test_a_value_that_was_never_seen_is_taken_as_usual() -> None:
    fitted = fit_times(times(1_000))
    assert isinstance(fitted, TimesFitted)
    unknown = expect(fitted.model, {"category": "new", "channel": "x"})
    assert unknown.low_s < exp(fitted.model.offset) < unknown.high_s


def test_times_of_zero_and_a_single_kind_of_ticket_are_no_stumbling_block() -> None:
    fitted = fit_times([({"category": "bugs"}, 0.0)] * 400)
    assert isinstance(fitted, TimesFitted)
    assert expect(fitted.model, {"category": "bugs"}).middle_s == pytest.approx(1.0)
