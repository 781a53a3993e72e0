"""How a day's contacts spread over its bins, by weekday; `forecast_models` multiplies it with totals of days."""

import numpy as np

from analytics.forecast_series import Floats, Ints

_HALF_LIFE = 80.0  # Open days: opening hours and habits change slowly.


def shares(values: Floats, weekdays: Ints) -> Floats:
    """Seven rows, each of which sums to one: a weekday's own shape, drawn to that of all days.

    How far it is drawn follows from how much it differs by more than chance: with Pearson's χ² of n counts in S bins,
    E[χ²] = (S − 1)(1 + n / c) for a Dirichlet prior of concentration c around the shape of all days. That c is
    estimated by moments and used as the prior's weight in counts.
    """
    known = ~np.isnan(values)
    counts = np.where(known, values, 0.0)
    age = np.arange(len(values), dtype=np.float64)[::-1]
    weights = 0.5 ** (age / _HALF_LIFE) * np.eye(7)[weekdays].T
    whole = _spread(counts, known, weights.sum(axis=0, keepdims=True))[0]
    own = _spread(counts, known, weights)
    masses = weights @ counts.sum(axis=1)
    return np.array([_drawn(own[day], whole, float(masses[day])) for day in range(7)])


def _spread(counts: Floats, known: np.ndarray, weights: Floats) -> Floats:
    """Each row's weighted mean by bin, scaled to one; a row without a count is even."""
    means = (weights @ counts) / np.maximum(weights @ known, 1e-9)
    sums = means.sum(axis=1, keepdims=True)
    even = 1.0 / counts.shape[1]
    spread: Floats = np.where(sums > 0, means / np.maximum(sums, 1e-12), even)
    return spread


def _drawn(own: Floats, whole: Floats, mass: float) -> Floats:
    if mass <= 0 or len(whole) == 1:
        return whole
    expected = np.maximum(whole, 1e-6)
    freedom = len(whole) - 1
    excess = mass * float(((own - whole) ** 2 / expected).sum()) - freedom
    if excess <= 0:
        return whole
    prior = mass * freedom / excess
    mixed: Floats = (mass * own + prior * whole) / (mass + prior)
    return mixed
