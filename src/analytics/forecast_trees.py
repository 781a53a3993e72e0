"""Boosted trees that correct the simple forecasters where the past shows that they err; `forecast` decides whether."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from analytics.forecast_levels import Calendar, month_phase
from analytics.forecast_models import (
    DAMPED,
    MEAN_OF_FOUR,
    QUICK,
    QUICK_CYCLE,
    QUICK_MONTH,
    SEASONAL_NAIVE,
    STEADY,
    STEADY_MONTH,
)
from analytics.forecast_series import Floats, Series

TREES = "boosted trees"

_MOST_ROWS = 8_000


class Trees(Protocol):
    """What has grown: it tells the factor of each row."""

    def predict(self, rows: Floats, /) -> Floats: ...


def offset(simple: Mapping[str, Floats]) -> Floats:
    """What the trees start from: the mean of the forecasters by level."""
    mean: Floats = np.mean([simple[name] for name in (QUICK, DAMPED, QUICK_MONTH, STEADY_MONTH)], axis=0)
    return np.maximum(mean, 1e-3)


def features(series: Series, calendar: Calendar, first: int, simple: Mapping[str, Floats]) -> Floats:
    """A row a bin of the days that were forecast from the row `first` on."""
    ahead, width = simple[QUICK].shape
    rows = slice(first, first + ahead)
    base = offset(simple)
    totals = {name: _totals(simple[name]) for name in (QUICK, STEADY, QUICK_MONTH, QUICK_CYCLE)}
    daily = [
        np.arange(ahead), series.weekdays[rows], month_phase(series.days[rows]),
        *calendar.columns[rows, -3:].T, np.log(totals[QUICK] / totals[STEADY]),
        np.log(totals[QUICK_MONTH] / totals[QUICK]), np.log(totals[QUICK_CYCLE] / totals[QUICK]),
    ]  # fmt: skip
    by_bin = [np.tile(np.arange(width), ahead)]
    by_bin += [np.log((simple[name] + 1) / (base + 1)).ravel() for name in (SEASONAL_NAIVE, MEAN_OF_FOUR)]
    return np.column_stack([*(np.repeat(one, width) for one in daily), *by_bin]).astype(np.float64)


def _totals(values: Floats) -> Floats:
    sums: Floats = np.maximum(values.sum(axis=1), 1e-6)
    return sums


def grow(rows: Floats, counts: Floats, base: Floats) -> Trees | None:
    """Factors on `base`; None where there is nothing to learn from.

    Poisson regression with an offset: of counts y of mean b·f, the likelihood of f is that of y / b weighted by b.
    """
    known = np.flatnonzero(~np.isnan(counts))[-_MOST_ROWS:]
    counts, base = counts[known], base[known]
    if not counts.sum() > 0:
        return None
    trees = HistGradientBoostingRegressor(
        loss="poisson", learning_rate=0.05, max_iter=40, max_leaf_nodes=8, min_samples_leaf=100,
        l2_regularization=50.0, max_bins=63, max_features=0.7, early_stopping=False, random_state=1,
    )  # fmt: skip
    trees.fit(rows[known], counts / base, sample_weight=base)
    grown: Trees = trees
    return grown


def corrected(trees: Trees, rows: Floats, base: Floats) -> Floats:
    found: Floats = base * np.asarray(trees.predict(rows), dtype=np.float64)
    return found
