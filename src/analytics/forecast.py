"""Contact volume to come, with intervals. Pure: a series goes in, numbers come out; nothing here knows a database.

Simple forecasters and boosted trees compete in a rolling back-test within the past of the origin; the better one was
there, the more it counts. Hours add up to days because both come from one forecast.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from threadpoolctl import ThreadpoolController

from analytics import forecast_trees
from analytics.forecast_bands import LEVELS, Bands, fit_bands, interval
from analytics.forecast_levels import Calendar, calendar_of
from analytics.forecast_models import SEASONAL_NAIVE
from analytics.forecast_series import Floats, Series
from analytics.forecast_trials import (
    LEAST_DAYS,
    Judged,
    errors_of,
    grow,
    judge,
    mixed,
    said_by,
    trial_at,
    trials_before,
    weights,
)
from runtime.errors import InvalidInput

# The matrices are small: threads that wait for one another on a busy machine take ten times as long as one.
_threads = ThreadpoolController()


class TooLittleHistory(InvalidInput):
    """There are not enough days to tell one weekday from another."""


@dataclass(frozen=True)
class Model:
    """What was learned of a series up to `origin`. `relative_errors`: of each forecaster, beside seasonal naive."""

    series: Series
    calendar: Calendar
    origin: int
    horizon: int
    trees: forecast_trees.Trees | None
    weights: Mapping[str, float]
    relative_errors: Mapping[str, float]
    bands: Bands
    trials: int
    outages: tuple[date, ...]
    back_test: "BackTest | None"

    @property
    def best(self) -> str:
        return max(self.weights, key=lambda name: self.weights[name])


@dataclass(frozen=True)
class BackTest:
    """The issued forecasts of the past: `wape`, Σ|error| / Σ actual, beside seasonal naive; `mase`, their ratio."""

    wape: float
    seasonal_naive_wape: float
    mase: float


@dataclass(frozen=True)
class Forecast:
    """A value a bin, from the origin on; `bands` has the lower and the upper end by level."""

    point: Floats
    bands: Mapping[float, tuple[Floats, Floats]]


@_threads.wrap(limits=1)  # type: ignore[untyped-decorator]  # threadpoolctl has no types
def fit(series: Series, origin: int, horizon: int) -> Model:
    """Learn from the bins before `origin` alone; `series` must know the calendar of the `horizon` bins from there on.

    Raises TooLittleHistory below two weeks.
    """
    if origin < LEAST_DAYS * series.width:
        raise TooLittleHistory(
            f"There are {origin // series.width} days of history; a forecast needs {LEAST_DAYS} at least."
        )
    known, outages = series.known_before(origin).without_outages()
    calendar = calendar_of(known.days, known.holidays)
    trials = trials_before(known, calendar, origin, horizon)
    judged = judge(trials)
    errors = errors_of(judged) if judged else {}
    naive = errors.get(SEASONAL_NAIVE, 1.0)
    return Model(
        series=known,
        calendar=calendar,
        origin=origin,
        horizon=horizon,
        trees=grow(trials),
        weights=weights(judged),
        relative_errors={name: error / naive if naive else 1.0 for name, error in errors.items()},
        bands=fit_bands(judged),
        trials=len(trials),
        outages=tuple(outages),
        back_test=_back_test(judged),
    )


def _back_test(judged: Sequence[Judged]) -> BackTest | None:
    """None where nothing came or nothing was judged."""
    actual = np.concatenate([one.trial.actual for one in judged]) if judged else np.array([])
    known = ~np.isnan(actual)
    came = actual[known].sum()
    if not came > 0:
        return None
    issued, naive = (
        float(np.abs(actual - np.concatenate(said))[known].sum() / came)
        for said in ([one.issued for one in judged], [one.said[SEASONAL_NAIVE] for one in judged])
    )
    return BackTest(issued, naive, issued / naive if naive else 1.0)


@_threads.wrap(limits=1)  # type: ignore[untyped-decorator]  # threadpoolctl has no types
def predict(model: Model) -> Forecast:
    trial = trial_at(model.series, model.calendar, model.origin, model.horizon)
    point = mixed(said_by(trial, model.trees), model.weights)
    return Forecast(point, {level: interval(model.bands, point, level) for level in LEVELS})


def daily(series: Series, values: Floats, origin: int) -> dict[int, float]:
    """Bins from `origin` on added up to days, by the day's ordinal."""
    rows = (origin + np.arange(len(values))) // series.width
    found: dict[int, float] = {}
    for row, value in zip(rows, values, strict=True):
        day = int(series.days[row])
        found[day] = found.get(day, 0.0) + float(value)
    return found
