"""How honest a confidence is: the temperature that makes it so, and the measure of what is left."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression

from analytics.honesty import Bin as Bin
from analytics.honesty import bins as bins
from analytics.honesty import ece as ece

Numbers = NDArray[np.float64]
Scores = NDArray[np.float32]
_LEAST_DOUBT = 1e-4
_LOG_SCALES = (-3.0, 6.0)


def probabilities(scores: Scores, scale: float) -> Numbers:
    """Softmax of the scaled scores along the last axis."""
    scaled = np.asarray(scores, np.float64) * scale
    chances = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=-1, keepdims=True), np.float64)


def fitted_scale(scores: Scores, labels: NDArray[np.int64]) -> float:
    """The inverse temperature under which held-out scores make their labels likeliest."""
    return _fitted(scores, labels)[0]


def surprise(scores: Scores, labels: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood of the labels at the best temperature: the less, the better the scores."""
    return _fitted(scores, labels)[1]


def _fitted(scores: Scores, labels: NDArray[np.int64]) -> tuple[float, float]:
    rows = np.arange(len(labels))

    def mean_surprise(log_scale: float) -> float:
        chances = probabilities(scores, float(np.exp(log_scale)))[rows, labels]
        return float(-np.log(np.maximum(chances, 1e-12)).mean())

    found = minimize_scalar(mean_surprise, bounds=_LOG_SCALES, method="bounded")
    return float(np.exp(found.x)), float(found.fun)


@dataclass(frozen=True)
class Honesty:
    """Turns the probability of the best class and the energy into the chance that it is right."""

    by_probability: float
    by_energy: float
    offset: float

    def confidence(self, probability: Numbers, energy: Numbers) -> Numbers:
        doubt = self.by_probability * _odds(probability) + self.by_energy * energy + self.offset
        return np.asarray(1 / (1 + np.exp(-np.clip(doubt, -30, 30))), np.float64)


@dataclass(frozen=True)
class Claims:
    """Probabilities of the best class with their energies and whether they were right, all held out."""

    probability: Numbers
    energy: Numbers
    right: NDArray[np.bool_]


def fitted_honesty(inside: Claims, outside: Claims | None, *, outside_share: float) -> Honesty:
    """From held-out claims; those on texts from outside are all wrong and weigh as their share does."""
    seen = [(inside, 1 - outside_share)] + ([(outside, outside_share)] if outside else [])
    right = np.concatenate([claims.right for claims, _share in seen])
    if right.all() or not right.any():
        return _TAKEN_AS_TOLD
    rows = [np.stack([_odds(claims.probability), claims.energy], axis=1) for claims, _share in seen]
    weights = [
        np.full(len(claims.right), share * len(inside.right) / len(claims.right)) for claims, share in seen
    ]
    model = LogisticRegression(C=100.0, max_iter=1000)
    model.fit(np.concatenate(rows), right, sample_weight=np.concatenate(weights))
    return Honesty(float(model.coef_[0, 0]), float(model.coef_[0, 1]), float(model.intercept_[0]))


_TAKEN_AS_TOLD = Honesty(by_probability=1.0, by_energy=0.0, offset=0.0)


def _odds(probability: Numbers) -> Numbers:
    safe = np.clip(probability, _LEAST_DOUBT, 1 - _LEAST_DOUBT)
    return np.asarray(np.log(safe / (1 - safe)), np.float64)
