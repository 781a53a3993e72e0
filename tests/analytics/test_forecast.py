"""Forecasts of series whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from analytics.forecast import TooLittleHistory, daily, fit, predict
from analytics.forecast_accuracy import measure
from analytics.forecast_series import Series
from runtime.errors import InvalidInput
from tests.analytics.made_up import MONDAY, counts, expected

WEEK = 7 * 24


def test_a_week_ahead_is_forecast_nearly_as_well_as_by_the_truth_itself() -> None:
    means = expected(140)
    series = counts(means)
    origin = 133 * 24
    point = predict(fit(series, origin, WEEK)).point
    truth = means.ravel()[origin:]
    assert np.abs(point - truth).sum() / truth.sum() < 0.1
    assert abs(point.sum() / truth.sum() - 1) < 0.06


def test_nothing_from_the_origin_on_is_looked_at() -> None:
    series = counts(expected(100))
    origin = 93 * 24
    altered = series.values.copy()
    altered.reshape(-1)[origin:] *= 50
    honest = predict(fit(series, origin, WEEK))
    other = predict(fit(replace(series, values=altered), origin, WEEK))
    np.testing.assert_array_equal(honest.point, other.point)
    np.testing.assert_array_equal(honest.bands[0.8], other.bands[0.8])


def test_hours_add_up_to_the_days_of_the_same_forecast() -> None:
    series = counts(expected(60)).followed_by(7)
    model = fit(series, 60 * 24, WEEK)
    point = predict(model).point
    days = daily(series, point, 60 * 24)
    assert list(days) == list(range(MONDAY + 60, MONDAY + 67))
    np.testing.assert_allclose(list(days.values()), point.reshape(7, 24).sum(axis=1))


def test_a_shift_of_the_level_is_followed_within_two_weeks() -> None:
    means = expected(147)
    means[119:] *= 2.5
    series = counts(means)
    found = measure(series, WEEK, 2)
    assert found.wape < 0.8 * found.mean4_wape


def test_an_outage_is_not_learned_as_a_lack_of_demand() -> None:
    means = expected(77)
    whole = counts(means)
    values = whole.values.copy()
    values[66:68] = 0.0
    with_outage = replace(whole, values=values)
    assert len(with_outage.without_outages()[1]) == 2
    origin = 70 * 24
    told = predict(fit(with_outage, origin, WEEK)).point.sum()
    assert told == pytest.approx(predict(fit(whole, origin, WEEK)).point.sum(), rel=0.1)


def test_an_origin_in_the_middle_of_a_day_uses_what_is_known_of_that_day() -> None:
    means = expected(70)
    means[69] *= 2.0
    series = counts(means)
    origin = 69 * 24 + 14
    point = predict(fit(series, origin, 10)).point
    assert point.sum() > 1.4 * expected(70).ravel()[origin : origin + 10].sum()


def test_the_weights_of_the_forecasters_sum_to_one_and_naive_is_no_match_for_a_level() -> None:
    model = fit(counts(expected(120)), 120 * 24 - WEEK, WEEK)
    assert sum(model.weights.values()) == pytest.approx(1.0)
    assert model.weights["seasonal naive"] < 0.05
    assert model.relative_errors["seasonal naive"] == 1.0
    assert model.relative_errors[model.best] < 0.9


def test_intervals_keep_their_promise_though_the_level_wanders() -> None:
    draw = np.random.default_rng(3)
    wander = np.exp(np.cumsum(draw.normal(0, 0.06, 260)))
    series = counts(expected(260) * wander[:, None], seed=5)
    found = measure(series, 24, 40)
    assert found.coverage_80 == pytest.approx(0.8, abs=0.035)
    assert found.coverage_95 == pytest.approx(0.95, abs=0.02)
    assert found.mase < 1


def test_less_than_two_weeks_are_too_little_history() -> None:
    with pytest.raises(TooLittleHistory, match="There are 13 days of history"):
        fit(counts(expected(20)), 13 * 24, 24)


def test_without_a_back_test_the_interval_is_wide_and_says_that_it_is_assumed() -> None:
    series = counts(expected(14)).followed_by(7)
    model = fit(series, 14 * 24, WEEK)
    assert model.trials == 0
    assert not model.bands.are_measured
    low, high = predict(model).bands[0.8]
    assert (high > low).all()


@pytest.mark.parametrize(
    ("series", "problem"),
    [
        (Series(np.arange(MONDAY, MONDAY + 60), np.array([0]), np.full((60, 1), 5.0)), "constant"),
        (Series(np.arange(MONDAY, MONDAY + 60), np.array([0]), np.zeros((60, 1))), "constant"),
        (counts(expected(20, bins=1)), "leave 6 days to learn from"),
        (counts(expected(7)), "days to learn from"),
    ],
)
def test_a_series_that_teaches_nothing_is_refused(series: Series, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        measure(series, 7, 2)
