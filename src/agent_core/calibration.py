"""What a model's confidence was worth so far: a curve for each model, fitted on outcomes of its claims.

`retraining` fits the curves, `training` brings them into use, `triage` applies them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from agent_core import reliability
from agent_core.reliability import Bin
from tickets.contracts import ClaimOutcome

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

# With fewer outcomes a curve would follow chance: the claim is then taken as told.
LEAST_OUTCOMES = 50
_FOLDS = 5
_LEAST_DOUBT = 1e-4
_GRID = np.linspace(0.0, 1.0, 51)


@dataclass(frozen=True)
class Curve:
    """Goes through the knots in straight lines, and on flat beyond the outer ones."""

    claimed: tuple[float, ...]
    worth: tuple[float, ...]

    def of(self, confidence: Numbers) -> Numbers:
        return np.asarray(np.interp(confidence, self.claimed, self.worth), np.float64)


AS_TOLD = Curve((0.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True)
class Measured:
    """Before and after, each outcome seen by a curve that was fitted without it."""

    outcomes: int
    ece_before: float
    ece_after: float
    bins_before: tuple[Bin, ...]
    bins_after: tuple[Bin, ...]


def fitted(outcomes: Sequence[ClaimOutcome]) -> Curve:
    """The curve of one model: straight in the odds, or in steps, whichever tells unseen outcomes better."""
    claimed, right = _arrays(outcomes)
    return _curve(claimed, right) if len(claimed) >= LEAST_OUTCOMES else AS_TOLD


def measured(outcomes: Sequence[ClaimOutcome]) -> Measured:
    """How honest the claims of one model are as told, and after the curve: cross-validated."""
    claimed, right = _arrays(outcomes)
    enough = len(claimed) >= LEAST_OUTCOMES
    before = reliability.bins(claimed, right)
    after = reliability.bins(_unseen(claimed, right, _curve), right) if enough else before
    return Measured(
        len(outcomes), reliability.ece(before), reliability.ece(after), tuple(before), tuple(after)
    )


def by_model(outcomes: Iterable[ClaimOutcome]) -> dict[str, list[ClaimOutcome]]:
    found: dict[str, list[ClaimOutcome]] = {}
    for one in outcomes:
        found.setdefault(one.model, []).append(one)
    return dict(sorted(found.items()))


def applied(model: str, confidence: float) -> float:
    """What this claim of this model is worth, by the curves in use."""
    return float(_in_use.get(model, AS_TOLD).of(np.array(confidence)))


def use(curves: Mapping[str, Curve]) -> None:
    """From now on these, and as told of every other model."""
    global _in_use  # One for the process, replaced as a whole.
    _in_use = dict(curves)


_in_use: dict[str, Curve] = {}


def _arrays(outcomes: Sequence[ClaimOutcome]) -> tuple[Numbers, Flags]:
    return np.array([one.confidence for one in outcomes]), np.array([one.right for one in outcomes], np.bool_)


def _curve(claimed: Numbers, right: Flags) -> Curve:
    if right.all() or not right.any():
        return _steps(claimed, right)
    line, steps = (_surprise(_unseen(claimed, right, fit), right) for fit in (_odds_line, _steps))
    return _odds_line(claimed, right) if line <= steps else _steps(claimed, right)


def _unseen(claimed: Numbers, right: Flags, fit: Callable[[Numbers, Flags], Curve]) -> Numbers:
    """What each claim is worth by a curve fitted on the other folds. Each fold has claims of every height."""
    folds = np.empty(len(claimed), np.int64)
    folds[np.lexsort((right, claimed))] = np.arange(len(claimed)) % _FOLDS
    worth = np.empty(len(claimed))
    for fold in range(_FOLDS):
        mine = folds == fold
        worth[mine] = fit(claimed[~mine], right[~mine]).of(claimed[mine])
    return worth


def _surprise(worth: Numbers, right: Flags) -> float:
    """Mean negative log-likelihood of what was right."""
    chance = np.where(right, worth, 1 - worth)
    return float(-np.log(np.maximum(chance, _LEAST_DOUBT)).mean())


def _odds_line(claimed: Numbers, right: Flags) -> Curve:
    if right.all() or not right.any():
        return _steps(claimed, right)
    model = LogisticRegression(C=10.0, max_iter=1000)
    model.fit(_odds(claimed), right)
    worth = model.predict_proba(_odds(_GRID))[:, 1]
    return Curve(tuple(_GRID.tolist()), tuple(worth.tolist()))


def _odds(claimed: Numbers) -> Numbers:
    safe = np.clip(claimed, _LEAST_DOUBT, 1 - _LEAST_DOUBT)
    return np.asarray(np.log(safe / (1 - safe))[:, None], np.float64)


def _steps(claimed: Numbers, right: Flags) -> Curve:
    """Never surer than so many outcomes allow: as if one more had been right, and one more wrong."""
    least = 1 / (len(claimed) + 2)
    model = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
    model.fit(claimed, right.astype(np.float64))
    return Curve(tuple(model.X_thresholds_.tolist()), tuple(model.y_thresholds_.tolist()))
