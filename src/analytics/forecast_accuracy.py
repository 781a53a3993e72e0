"""How good forecasts of a known series would have been, origin after origin, for `deskfleet evaluate forecast`."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.forecast import Forecast, TooLittleHistory, fit, predict
from analytics.forecast_bands import LEVELS
from analytics.forecast_levels import WINDOW
from analytics.forecast_models import MEAN_OF_FOUR, SEASONAL_NAIVE
from analytics.forecast_series import Floats, Series
from analytics.forecast_trials import LEAST_DAYS, trial_at
from runtime.errors import InvalidInput


@dataclass(frozen=True)
class Accuracy:
    """`wape`: Σ|error| / Σ actual. `mase`: mean |error| beside that of seasonal naive before the first origin.

    `coverage_…`: share of the bins inside the interval. `fit_s` and `predict_ms` are those of the median origin.
    """

    wape: float
    mase: float
    coverage_80: float
    coverage_95: float
    seasonal_naive_wape: float
    mean4_wape: float
    best_model: str
    fit_s: float
    predict_ms: float
    points: int
    training_days: int


@dataclass(frozen=True)
class _Step:
    """One origin: what was forecast, what the two yardsticks say, what came."""

    forecast: Forecast
    naive: Floats
    mean4: Floats
    actual: Floats
    best: str
    fit_s: float
    predict_s: float


def measure(
    series: Series, horizon: int, origins: int, *, tell: Callable[[], object] = lambda: None
) -> Accuracy:
    """Origins are one horizon apart, and the last forecast ends with the series. `tell` is called after each.

    Raises InvalidInput when nothing can be measured, TooLittleHistory when the first origin knows too little.
    """
    first = _first_origin(series, horizon, origins)
    scale = _naive_error(series, first)
    steps = []
    for step in _steps(series, horizon, first):
        steps.append(step)
        tell()
    return _summed_up(steps, scale, training_days=min(first // series.width, WINDOW))


def _first_origin(series: Series, horizon: int, origins: int) -> int:
    if horizon < 1 or origins < 1:
        raise InvalidInput("The horizon and the number of origins are 1 at least.")
    bins = series.values.size
    first = bins - horizon * origins
    if first < LEAST_DAYS * series.width:
        raise TooLittleHistory(
            f"The series has {len(series.days):,} days of {series.width} bins: {bins:,} bins. {origins} origins of "
            f"{horizon} bins leave {max(first, 0) // series.width} days to learn from, and {LEAST_DAYS} are the least."
        )
    known = series.values.ravel()[:first]
    if np.nanmax(known) == np.nanmin(known):
        raise InvalidInput(
            f"The series is constant ({np.nanmax(known):g} in every bin before the first origin): nothing to learn."
        )
    if not np.nansum(series.values.ravel()[first:]) > 0:
        raise InvalidInput(
            "The evaluated bins hold no contact at all: an error relative to them has no meaning."
        )
    return first


def _naive_error(series: Series, first: int) -> float:
    """Mean absolute error of last week's value over the training span, the scale of MASE (Hyndman and Koehler 2006)."""
    rows = first // series.width
    errors = []
    for weekday in range(7):
        mine = np.flatnonzero(series.weekdays[:rows] == weekday)
        mine = mine[mine >= rows - WINDOW]
        errors.append(np.abs(np.diff(series.values[mine], axis=0)).ravel())
    found = float(np.nanmean(np.concatenate(errors)))
    if not found > 0:
        raise InvalidInput("Every week of the training span is like the one before: MASE has no scale.")
    return found


def _steps(series: Series, horizon: int, first: int) -> Iterator[_Step]:
    for origin in range(first, series.values.size - horizon + 1, horizon):
        started = time.perf_counter()
        model = fit(series, origin, horizon)
        fitted = time.perf_counter()
        forecast = predict(model)
        done = time.perf_counter()
        simple = trial_at(model.series, model.calendar, origin, horizon).simple
        yield _Step(
            forecast=forecast,
            naive=simple[SEASONAL_NAIVE],
            mean4=simple[MEAN_OF_FOUR],
            actual=series.values.ravel()[origin : origin + horizon],
            best=model.best,
            fit_s=fitted - started,
            predict_s=done - fitted,
        )


def _summed_up(steps: Sequence[_Step], scale: float, *, training_days: int) -> Accuracy:
    actual = np.concatenate([step.actual for step in steps])
    known = ~np.isnan(actual)
    point = np.concatenate([step.forecast.point for step in steps])
    coverage = {level: _coverage(steps, level) for level in LEVELS}
    return Accuracy(
        wape=_wape(actual, point),
        mase=float(np.abs(actual - point)[known].mean()) / scale,
        coverage_80=coverage[0.8],
        coverage_95=coverage[0.95],
        seasonal_naive_wape=_wape(actual, np.concatenate([step.naive for step in steps])),
        mean4_wape=_wape(actual, np.concatenate([step.mean4 for step in steps])),
        best_model=steps[-1].best,
        fit_s=statistics.median(step.fit_s for step in steps),
        predict_ms=statistics.median(step.predict_s for step in steps) * 1000,
        points=int(known.sum()),
        training_days=training_days,
    )


def _coverage(steps: Sequence[_Step], level: float) -> float:
    inside = [
        (step.actual >= step.forecast.bands[level][0]) & (step.actual <= step.forecast.bands[level][1])
        for step in steps
    ]
    known = ~np.isnan(np.concatenate([step.actual for step in steps]))
    return float(np.concatenate(inside)[known].mean())


def _wape(actual: Floats, forecast: Floats) -> float:
    known = ~np.isnan(actual)
    return float(np.abs(actual - forecast)[known].sum() / actual[known].sum())
