"""Forecasts as they would have been made in the past, and what each forecaster was worth; `forecast` reads both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics import forecast_trees as trees
from analytics.forecast_levels import Calendar
from analytics.forecast_models import MEAN_OF_FOUR, STEADY, forecasts, past_at
from analytics.forecast_series import Floats, Ints, Series

MOST_TRIALS = 90
LEAST_DAYS = 14  # Two of each weekday: below, there is no week to learn from.
_MEMORY = 26.0  # Trials after which an error counts half.
_SHARPNESS = 40.0  # A forecaster whose error is a tenth above the best gets e⁻⁴ of its weight.
_LEAST_TREE_TRIALS, _LEAST_TREE_ROWS = 8, 150
_GROWTHS = 4


@dataclass(frozen=True)
class Trial:
    """The bins after one origin: what the simple forecasters say, what the trees are told, what came (or NaN)."""

    origin: int
    simple: Mapping[str, Floats]
    features: Floats
    base: Floats
    actual: Floats
    days: Ints


@dataclass(frozen=True)
class Judged:
    """What every forecaster said, and what the desk would have issued, knowing earlier trials alone."""

    trial: Trial
    said: Mapping[str, Floats]
    losses: Mapping[str, float]
    issued: Floats


def trial_at(series: Series, calendar: Calendar, origin: int, horizon: int) -> Trial:
    """`series` must not know anything from `origin` on but what the trial is to be judged by."""
    past = past_at(series.known_before(origin), calendar, origin)
    ahead = -(-(past.begun + horizon) // series.width)
    simple = forecasts(past, ahead)
    rows = trees.features(series, calendar, past.first, simple)
    cut = slice(past.begun, past.begun + horizon)
    return Trial(
        origin=origin,
        simple={name: values.ravel()[cut] for name, values in simple.items()},
        features=rows[cut],
        base=trees.offset(simple).ravel()[cut],
        actual=series.values.ravel()[origin : origin + horizon],
        days=np.repeat(np.arange(ahead), series.width)[cut],
    )


def trials_before(series: Series, calendar: Calendar, origin: int, horizon: int) -> list[Trial]:
    """One horizon apart, the last ends at `origin`; nothing from `origin` on is looked at."""
    known = series.known_before(origin)
    first = LEAST_DAYS * series.width
    origins = list(range(origin - horizon, first - 1, -horizon))[:MOST_TRIALS]
    return [trial_at(known, calendar, one, horizon) for one in reversed(origins)]


def judge(trials: Sequence[Trial]) -> list[Judged]:
    """Each trial with the mixture that its predecessors suggest; the trees grow anew every few trials."""
    every = max(4, len(trials) // _GROWTHS)
    grown: trees.Trees | None = None
    judged: list[Judged] = []
    for number, trial in enumerate(trials):
        if number % every == 0:
            grown = grow(trials[:number])
        said = said_by(trial, grown)
        losses = {name: _loss(trial, values) for name, values in said.items()}
        judged.append(Judged(trial, said, losses, mixed(said, weights(judged))))
    return judged


def grow(trials: Sequence[Trial]) -> trees.Trees | None:
    if len(trials) < _LEAST_TREE_TRIALS or sum(len(one.actual) for one in trials) < _LEAST_TREE_ROWS:
        return None
    parts = [
        np.concatenate(part) for part in zip(*((t.features, t.actual, t.base) for t in trials), strict=True)
    ]
    return trees.grow(*parts)


def said_by(trial: Trial, grown: trees.Trees | None) -> Mapping[str, Floats]:
    """The trees say nothing before they have grown."""
    if grown is None:
        return trial.simple
    return {**trial.simple, trees.TREES: trees.corrected(grown, trial.features, trial.base)}


def weights(judged: Sequence[Judged]) -> Mapping[str, float]:
    """By the error in the trials so far; before there is one, the two simplest that know a level."""
    if not judged:
        return {MEAN_OF_FOUR: 0.5, STEADY: 0.5}
    errors = errors_of(judged)
    best = max(min(errors.values()), 1e-9)
    raw = {name: float(np.exp(-_SHARPNESS * (error / best - 1.0))) for name, error in errors.items()}
    total = sum(raw.values())
    return {name: one / total for name, one in raw.items()}


def errors_of(judged: Sequence[Judged]) -> Mapping[str, float]:
    """Of bins and days together, beside those of the steady level in the same trials; late errors weigh more."""
    ages = np.arange(len(judged), dtype=np.float64)[::-1]
    fading = 0.5 ** (ages / _MEMORY)
    steady = np.array([one.losses[STEADY] for one in judged])
    found = {}
    for name in judged[-1].said:
        spoke = np.array([name in one.losses for one in judged])
        mine = np.array([one.losses.get(name, 0.0) for one in judged])
        found[name] = float((fading * mine).sum() / max((fading * steady)[spoke].sum(), 1e-9))
    return found


def mixed(said: Mapping[str, Floats], shares: Mapping[str, float]) -> Floats:
    """Weights of forecasters that say nothing here go to the others."""
    present = {name: share for name, share in shares.items() if name in said}
    total = sum(present.values())
    mean: Floats = np.sum([said[name] * (share / total) for name, share in present.items()], axis=0)
    return np.maximum(mean, 0.0)


def _loss(trial: Trial, values: Floats) -> float:
    """Absolute errors of the bins, and of the days that they add up to."""
    known = ~np.isnan(trial.actual)
    error = np.where(known, trial.actual - values, 0.0)
    return float(np.abs(error).sum() + np.abs(np.bincount(trial.days, weights=error)).sum())
