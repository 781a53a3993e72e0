"""The simple forecasters, each a few numbers of arithmetic; `forecast` lets them compete with boosted trees."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analytics.forecast_levels import Calendar, Levels, levels_at
from analytics.forecast_profile import shares
from analytics.forecast_series import Floats, Series

SEASONAL_NAIVE = "seasonal naive"
MEAN_OF_FOUR = "mean of four"
QUICK, STEADY, DAMPED = "quick level", "steady level", "damped level"
QUICK_MONTH, STEADY_MONTH = "quick level, days of the month", "steady level, days of the month"
QUICK_CYCLE, STEADY_CYCLE = "quick level, cycle of four weeks", "steady level, cycle of four weeks"

_DAMPING = 0.8  # A day: what is left of a surprise the day after.
_LEAST_SHARE = 0.25  # Of the day, before a begun day tells anything of its total.
_PROFILE_WINDOW = 400


@dataclass(frozen=True)
class Past:
    """A series as it is known at an origin: `done` whole days, and the begun one if the origin is not at midnight."""

    series: Series
    calendar: Calendar
    done: int
    begun: int  # Bins of the begun day.

    @property
    def first(self) -> int:
        """The row of the first day to forecast; a begun day is forecast as a whole."""
        return self.done


def past_at(series: Series, known: Calendar, origin: int) -> Past:
    return Past(series, known, origin // series.width, origin % series.width)


def forecasts(past: Past, ahead: int) -> Mapping[str, Floats]:
    """What each simple forecaster says of the `ahead` days from the origin's on: rows of bins."""
    start = max(0, past.done - _PROFILE_WINDOW)
    weekdays = past.series.weekdays
    profile = shares(past.series.values[start : past.done], weekdays[start : past.done])
    spread = profile[weekdays[past.first : past.first + ahead]]
    totals, weights = _totals(past, profile)
    days = slice(past.first, past.first + ahead)
    fits = levels_at(totals, weights, past.calendar, days)
    found = {
        QUICK: _level(fits.plain, slice(0, 2)),
        STEADY: _level(fits.plain, slice(2, 4)),
        DAMPED: _damped(fits.plain),
        QUICK_MONTH: _level(fits.month, slice(0, 2)),
        STEADY_MONTH: _level(fits.month, slice(2, 4)),
        QUICK_CYCLE: _level(fits.cycle, slice(0, 2)),
        STEADY_CYCLE: _level(fits.cycle, slice(2, 4)),
    }
    if past.begun:
        found = {name: _with_begun(days, totals[-1], weights[-1]) for name, days in found.items()}
    by_bin = {name: days[:, None] * spread for name, days in found.items()}
    typical = by_bin[STEADY]
    return {
        SEASONAL_NAIVE: _same_weekdays(past, ahead, 1, typical),
        MEAN_OF_FOUR: _same_weekdays(past, ahead, 4, typical),
        **by_bin,
    }


def _totals(past: Past, profile: Floats) -> tuple[Floats, Floats]:
    """Totals of the days so far with their weights; what is missing of a day is completed by its usual shape."""
    end = past.done + (1 if past.begun else 0)
    values = past.series.values[:end]
    known = ~np.isnan(values)
    if past.begun:
        known[-1, past.begun :] = False
    spread = (known * profile[past.series.weekdays[:end]]).sum(axis=1)
    enough = spread >= _LEAST_SHARE
    totals = np.where(enough, np.where(known, values, 0.0).sum(axis=1) / np.maximum(spread, 1e-9), 1.0)
    weights = np.where(enough, spread, 0.0)
    return totals, weights


def _level(found: Levels, which: slice) -> Floats:
    mean: Floats = found.levels[which].mean() * found.factors
    return mean


def _damped(found: Levels) -> Floats:
    """Begins at the quick level and returns to the steady one."""
    quick, steady = found.levels[:2].mean(), found.levels[2:].mean()
    days = np.arange(len(found.factors), dtype=np.float64)
    damped: Floats = (steady + (quick - steady) * _DAMPING**days) * found.factors
    return damped


def _with_begun(days: Floats, heading_for: float, share: float) -> Floats:
    """The begun day is drawn to the total that it is heading for, the more of it is over."""
    return np.concatenate([[share * heading_for + (1.0 - share) * days[0]], days[1:]])


def _same_weekdays(past: Past, ahead: int, most: int, typical: Floats) -> Floats:
    weekdays = past.series.weekdays
    before = weekdays[: past.done]
    found = typical.copy()
    means: dict[int, Floats | None] = {}
    for row in range(ahead):
        day = int(weekdays[past.first + row])
        if day not in means:
            means[day] = _mean_of_last(past.series.values[: past.done][before == day], most)
        mean = means[day]
        if mean is not None:
            found[row] = np.where(np.isnan(mean), typical[row], mean)
    return found


def _mean_of_last(rows: Floats, most: int) -> Floats | None:
    """NaN where none of the last days knows the bin."""
    rows = rows[~np.isnan(rows).all(axis=1)][-most:]
    if not len(rows):
        return None
    known = ~np.isnan(rows)
    count = known.sum(axis=0)
    sums = np.where(known, rows, 0.0).sum(axis=0)
    return np.where(count > 0, sums / np.maximum(count, 1), np.nan)
