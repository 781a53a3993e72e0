"""Forecasts of public series beside the mean of the last four same weekdays, in the same run."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pytest
from scipy.stats import binom

from analytics.forecast_accuracy import Accuracy, measure
from analytics.forecast_reading import read_series
from tests.evals.public_sets import DATA

FORECASTS = DATA / "forecast"


@dataclass(frozen=True)
class Case:
    file: str
    frequency: str
    horizon: int
    origins: int
    most_wape: float | None = None
    most_beside_mean4: float = 1.0


# A week ahead for thirteen weeks; of the bank's weekdays one day or five ahead for forty days.
CASES = {
    "forum by day": Case("sumo_firefox/daily_utc.csv", "D", 7, 13, most_beside_mean4=0.92),
    "forum by hour": Case("sumo_firefox/hourly_utc.csv", "h", 168, 13, 0.46),
    "small forum by day": Case("sumo_thunderbird/daily_utc.csv", "D", 7, 13),
    "small forum by hour": Case("sumo_thunderbird/hourly_utc.csv", "h", 168, 13),
    "bank by 5 minutes": Case("bank_calls_5min/bank_calls.csv", "5min", 845, 8, 0.075),
    "bank by hour": Case("bank_calls_5min/bank_calls.csv", "h", 15, 40, 0.05),
}


@cache
def measured(name: str) -> Accuracy:
    case = CASES[name]
    text = (FORECASTS / case.file).read_text(encoding="utf-8")
    return measure(read_series(text, case.frequency).series, case.horizon, case.origins)


def figures() -> Mapping[str, float]:
    """Of all series; the coverage as its distance from the promise in units of the 95 % binomial band."""
    found: dict[str, float] = {}
    for name, case in CASES.items():
        one = measured(name)
        if case.most_wape:
            found[f"{name} wape"] = one.wape
        found[f"{name} beside mean of four"] = one.wape / one.mean4_wape
        found[f"{name} mase"] = one.mase
        found[f"{name} outside the band"] = max(
            outside(one.coverage_80, 0.8, one.points), outside(one.coverage_95, 0.95, one.points)
        )
    slowest = [measured(name) for name in CASES]
    return found | {
        "fit s": max(one.fit_s for one in slowest),
        "predict ms": max(one.predict_ms for one in slowest),
    }


def outside(coverage: float, level: float, points: int) -> float:
    """How far the coverage lies beyond the binomial band of that many points; 0 within."""
    low, high = (float(binom.ppf(tail, points, level)) / points for tail in (0.025, 0.975))
    return max(0.0, low - coverage, coverage - high)


@pytest.mark.slow
@pytest.mark.skipif(not FORECASTS.is_dir(), reason="the public series are not here")
@pytest.mark.parametrize("name", CASES)
def test_public_series_are_forecast_better_than_by_the_mean_of_four_weekdays(name: str) -> None:
    one, case = measured(name), CASES[name]
    assert one.wape < one.mean4_wape * max(case.most_beside_mean4, 0.95)
    assert one.wape <= (case.most_wape or 1.0)
    assert one.mase < 1
    assert outside(one.coverage_80, 0.8, one.points) < 0.02
    assert outside(one.coverage_95, 0.95, one.points) < 0.01
