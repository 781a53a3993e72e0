"""Intervals around forecasts by conformal prediction that corrects itself; `forecast` calls it with judged trials.

Scores are errors in units of √(f + (c·f)²): chance of a count and drift of the level. The interval's tail is steered by
the sum of past misses (integral control of Angelopoulos, Candès and Tibshirani, "Conformal PID control for time series
prediction", 2023), so that over a long run the share of misses approaches the promise, whatever the series does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.forecast_series import Floats
from analytics.forecast_trials import Judged

LEVELS = (0.8, 0.95)
_NORMAL = {0.8: 1.2816, 0.95: 1.96}
_MEMORY = 20.0  # Trials after which a score counts half.
_WARM_UP = 5
_GAIN = 0.6
_LEAST_SCORES = 20
_UNKNOWN_DRIFT = 0.25  # Of the level, until there are scores to tell.


@dataclass(frozen=True)
class Bands:
    """`scores` ascending, with weights that sum to one; `tails`: the share outside to aim at, by level.

    `coverage`: what share of the past was inside, by level, had these intervals been given then; empty when unknown.
    """

    drift: float
    scores: Floats
    weights: Floats
    tails: Mapping[float, float]
    coverage: Mapping[float, float]

    @property
    def are_measured(self) -> bool:
        return len(self.scores) >= _LEAST_SCORES


def fit_bands(judged: Sequence[Judged]) -> Bands:
    drift = _drift(judged)
    scores = [_scores(one, drift) for one in judged]
    scores = [one for one in scores if len(one)]
    steered = {level: _steered(scores, 1 - level) for level in LEVELS}
    return Bands(
        drift,
        *_pooled(scores),
        tails={level: tail for level, (tail, _) in steered.items()},
        coverage={level: 1 - missed for level, (_, missed) in steered.items() if missed is not None},
    )


def interval(bands: Bands, forecast: Floats, level: float) -> tuple[Floats, Floats]:
    scale = _scale(forecast, bands.drift)
    if bands.are_measured:
        tail = bands.tails[level]
        low = _quantile(bands.scores, bands.weights, tail / 2)
        high = _quantile(bands.scores, bands.weights, 1 - tail / 2)
    else:
        low, high = -_NORMAL[level], _NORMAL[level]
    return np.maximum(forecast + low * scale, 0.0), np.maximum(forecast + high * scale, 0.0)


def _scale(forecast: Floats, drift: float) -> Floats:
    scale: Floats = np.sqrt(np.maximum(forecast, 0.05) + (drift * forecast) ** 2)
    return scale


def _drift(judged: Sequence[Judged]) -> float:
    """c of Var(y) = f + (c·f)², by moments over all bins that were judged."""
    if not judged:
        return _UNKNOWN_DRIFT
    actual = np.concatenate([one.trial.actual for one in judged])
    issued = np.concatenate([one.issued for one in judged])
    known = ~np.isnan(actual)
    excess = ((actual - issued) ** 2 - issued)[known].sum()
    return float(np.sqrt(max(excess, 0.0) / max((issued[known] ** 2).sum(), 1e-9)))


def _scores(one: Judged, drift: float) -> Floats:
    known = ~np.isnan(one.trial.actual)
    found: Floats = ((one.trial.actual - one.issued) / _scale(one.issued, drift))[known]
    return found


def _pooled(scores: Sequence[Floats]) -> tuple[Floats, Floats]:
    if not scores:
        return np.array([]), np.array([])
    ages = np.arange(len(scores), dtype=np.float64)[::-1]
    values = np.concatenate(scores)
    weights = np.concatenate(
        [np.full(len(one), 0.5 ** (age / _MEMORY)) for one, age in zip(scores, ages, strict=True)]
    )
    order = np.argsort(values)
    return values[order], weights[order] / weights.sum()


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    """Between the middles of the weights; beyond them the extreme score."""
    middles = np.cumsum(weights) - weights / 2
    return float(np.interp(share, middles, values))


def _steered(scores: Sequence[Floats], tail: float) -> tuple[float, float | None]:
    """Replays the past: each trial gets the interval that was due then, and its misses move the next one's tail.

    Returns the tail that is due now, and the share that was missed.
    """
    owed, misses = 0.0, []
    for number in range(_WARM_UP, len(scores)):
        values, weights = _pooled(scores[:number])
        aimed = _aimed(tail, owed)
        low, high = (_quantile(values, weights, share) for share in (aimed / 2, 1 - aimed / 2))
        misses.append(float(((scores[number] < low) | (scores[number] > high)).mean()))
        owed += misses[-1] - tail
    return _aimed(tail, owed), float(np.mean(misses)) if misses else None


def _aimed(tail: float, owed: float) -> float:
    return float(np.clip(tail - _GAIN * owed, tail / 5, min(3 * tail, 0.9)))
