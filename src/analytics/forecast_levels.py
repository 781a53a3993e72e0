"""Totals of days: a level that drifts, times what the calendar does to a day. Pure least squares on logarithms."""

import calendar
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.linalg import toeplitz

from analytics.forecast_series import Flags, Floats, Ints

HALF_LIVES = (4.0, 8.0, 14.0, 28.0)  # Open days: from a level that follows at once to one that hardly moves.
WINDOW = 364  # Older days tell of another desk.
_SMOOTHING = 10.0
_MEMORY = 120.0
_CYCLE = 28  # Days: of wages, of releases, of invoices that are not sent by the month.
_KNOTS = 8
_WEEKDAY_PENALTY, _ROUND_PENALTY, _SPECIAL_PENALTY = 1.0, 4.0, 3.0


@dataclass(frozen=True)
class Calendar:
    """What is known of each day beforehand, as columns of the regression.

    `month` marks the columns of the place in the month, `cycle` those of the place in four weeks.
    """

    columns: Floats
    penalties: Floats
    month: Flags
    cycle: Flags


@dataclass(frozen=True)
class Levels:
    """For each half-life the present level, and for each day ahead the factor of the calendar."""

    levels: Floats
    factors: Floats


@dataclass(frozen=True)
class Fits:
    """By weekdays alone, with the days of the month, and with the cycle of four weeks."""

    plain: Levels
    month: Levels
    cycle: Levels


def calendar_of(days: Ints, holidays: frozenset[int]) -> Calendar:
    """Weekday; place in the month and in four weeks, as hats over a circle; holidays, and what follows closed days."""
    groups = [
        (np.eye(7)[(days - 1) % 7], _WEEKDAY_PENALTY),
        (_hats(month_phase(days)), _ROUND_PENALTY),
        (_hats(cycle_phase(days)), _ROUND_PENALTY),
        (_special(days, holidays), _SPECIAL_PENALTY),
    ]
    widths = [group.shape[1] for group, _ in groups]
    owner = np.repeat(np.arange(len(groups)), widths)
    penalties = np.array([penalty for _, penalty in groups])[owner]
    return Calendar(np.hstack([group for group, _ in groups]), penalties, owner == 1, owner == 2)


def month_phase(days: Ints) -> Floats:
    """0 at the first of the month, towards 1 at its end."""
    dates = [date.fromordinal(int(day)) for day in days]
    return np.array([(one.day - 1) / calendar.monthrange(one.year, one.month)[1] for one in dates])


def cycle_phase(days: Ints) -> Floats:
    """Where in four weeks a day lies; which day is 0 does not matter."""
    phase: Floats = (days % _CYCLE) / _CYCLE
    return phase


def _hats(phase: Floats) -> Floats:
    """Linear interpolation between knots on a circle."""
    distance = np.abs(phase[:, None] - np.arange(_KNOTS)[None] / _KNOTS)
    hats: Floats = np.maximum(0.0, 1.0 - np.minimum(distance, 1.0 - distance) * _KNOTS)
    return hats


def _special(days: Ints, holidays: frozenset[int]) -> Floats:
    """Is a holiday; is the first open day after one that is usually open, or after a holiday; the second such."""
    weekdays = (days - 1) % 7
    gap = np.diff(days, prepend=days[0] - 1)
    usual = np.array(
        [np.median(gap[weekdays == day]) if (weekdays == day).any() else 1.0 for day in range(7)]
    )
    holiday = np.isin(days, list(holidays))
    after = (gap > usual[weekdays]) | np.concatenate([[False], holiday[:-1] & ~holiday[1:]])
    second = np.concatenate([[False], after[:-1]])
    return np.column_stack([holiday, after, second]).astype(np.float64)


def levels_at(totals: Floats, weights: Floats, known: Calendar, days: slice) -> Fits:
    """Fit on the days of `totals` (`weights` 0: not known) and tell what the calendar does to `days`.

    Three times, with other columns of the calendar. Both sides are freed of the drifting level by the same kernel
    smoother before the ridge regression, so that a growing desk does not pass for a busy Friday.
    """
    start = max(0, len(totals) - WINDOW)
    weight, log = weights[start:], np.log(np.maximum(totals[start:], 0.5))
    past, age = known.columns[start : len(totals)], np.arange(len(log), dtype=np.float64)[::-1]
    both = np.column_stack([past, log])
    freed = both - _kernel(weight) @ both
    scaled = freed * (weight * 0.5 ** (age / _MEMORY))[:, None]
    products = scaled.T @ freed + np.diag(np.append(known.penalties, 0.0))
    decays = weight * 0.5 ** (age[None] / np.array(HALF_LIVES)[:, None])
    decays /= np.maximum(decays.sum(axis=1, keepdims=True), 1e-12)
    found = []
    for left_out in (known.month | known.cycle, known.cycle, known.month):
        columns = np.flatnonzero(~left_out)
        effect = np.linalg.solve(products[np.ix_(columns, columns)], products[columns, -1])
        rest = np.exp(log - past[:, columns] @ effect)
        found.append(Levels(decays @ rest, np.exp(known.columns[days][:, columns] @ effect)))
    return Fits(*found)


def _kernel(weight: Floats) -> Floats:
    """Means over the neighbours, by their distance and by how much is known of them."""
    kernel = toeplitz(np.exp(-np.arange(len(weight)) / _SMOOTHING)) * weight
    means: Floats = kernel / np.maximum(kernel.sum(axis=1, keepdims=True), 1e-9)
    return means
