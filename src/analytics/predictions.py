"""What is to be expected of a ticket, from what became of earlier ones. Pure: no database.

Additive models over the features of a ticket (ridge on the logarithm of the time, logistic for the risks): few numbers,
fitted in a second, kept as JSON. The interval is split conformal: the spread of errors on tickets that the fit did not
see. Measured on the newest part, which neither the fit nor the interval saw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, exp, log

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score

Features = Mapping[str, str]
Numbers = NDArray[np.float64]

LEAST_TIMES = 200  # Resolved tickets.
LEAST_OUTCOMES = 200  # Tickets of which the outcome is known,
LEAST_OF_EACH = 30  # and of each of the two outcomes.
COVERAGE = 0.8
_FIT, _HELD_OUT = 0.6, 0.2  # The rest is for the interval.
_LEAST_AUC = 0.55  # Below, a risk says no more than the average of all.


@dataclass(frozen=True)
class Times:
    """`errors`: how far the logarithm of the true time lay from the expected one, at the ends of the interval."""

    weights: dict[str, float]
    offset: float
    errors: tuple[float, float]


@dataclass(frozen=True)
class Risk:
    weights: dict[str, float]
    offset: float


@dataclass(frozen=True)
class Expected:
    """Seconds from the ticket's beginning to its resolution; between `low_s` and `high_s` in 8 of 10 cases."""

    middle_s: float
    low_s: float
    high_s: float


@dataclass(frozen=True)
class TimesFitted:
    """On the newest part: mean absolute error beside that of the median of all, and how many the interval held."""

    model: Times
    tickets: int
    error_s: float
    error_of_median_s: float
    coverage: float


@dataclass(frozen=True)
class RiskFitted:
    """On the newest part: area under the curve, and Brier's score beside that of the share of all."""

    model: Risk
    tickets: int
    auc: float
    brier: float
    brier_of_share: float


@dataclass(frozen=True)
class Silent:
    """Why nothing is predicted."""

    why: str


def fit_times(found: Sequence[tuple[Features, float]]) -> TimesFitted | Silent:
    """Of resolved tickets, the oldest first: features and seconds to the resolution."""
    if len(found) < LEAST_TIMES:
        return Silent(f"{LEAST_TIMES - len(found)} more resolved tickets are needed.")
    fit_end, held_out = int(len(found) * _FIT), len(found) - int(len(found) * _HELD_OUT)
    names, rows = _rows([features for features, _seconds in found], fit_end)
    logs = np.array([log(max(seconds, 1.0)) for _features, seconds in found])
    ridge = Ridge(alpha=2.0).fit(rows[:fit_end], logs[:fit_end])
    expected = np.asarray(ridge.predict(rows), np.float64)
    errors = np.sort(logs[fit_end:held_out] - expected[fit_end:held_out])
    model = Times(_weights(names, ridge.coef_), float(ridge.intercept_), _ends(errors))
    truth = np.exp(logs[held_out:])
    told = [expect(model, features) for features, _seconds in found[held_out:]]
    middle = np.array([one.middle_s for one in told])
    inside = [one.low_s <= seconds <= one.high_s for one, seconds in zip(told, truth, strict=True)]
    usual = float(np.median(np.exp(logs[:held_out])))
    return TimesFitted(
        model,
        len(found),
        float(np.abs(middle - truth).mean()),
        float(np.abs(usual - truth).mean()),
        float(np.mean(inside)),
    )


def fit_risk(found: Sequence[tuple[Features, bool]]) -> RiskFitted | Silent:
    """Of tickets whose outcome is known, the oldest first."""
    outcomes = np.array([happened for _features, happened in found], dtype=bool)
    rarer = min(int(outcomes.sum()), len(found) - int(outcomes.sum()))
    if len(found) < LEAST_OUTCOMES or rarer < LEAST_OF_EACH:
        return Silent(
            f"{LEAST_OUTCOMES} tickets with a known outcome are needed, {LEAST_OF_EACH} of each; there are "
            f"{len(found)}, and {rarer} of the rarer outcome."
        )
    held_out = len(found) - int(len(found) * _HELD_OUT)
    seen, unseen = outcomes[:held_out], outcomes[held_out:]
    if len(set(seen)) < 2 or len(set(unseen)) < 2:
        return Silent("The newest tickets, or the older ones, all ended alike.")
    names, rows = _rows([features for features, _happened in found], held_out)
    fitted = LogisticRegression(C=0.5, max_iter=1_000).fit(rows[:held_out], seen)
    model = Risk(_weights(names, fitted.coef_[0]), float(fitted.intercept_[0]))
    told = np.array([risk(model, features) for features, _happened in found[held_out:]])
    auc = float(roc_auc_score(unseen, told))
    if auc < _LEAST_AUC:
        return Silent(f"What is known of a ticket does not tell them apart (AUC {auc:.2f} on the newest).")
    share = float(seen.mean())
    return RiskFitted(
        model,
        len(found),
        auc,
        float(np.mean((told - unseen) ** 2)),
        float(np.mean((share - unseen) ** 2)),
    )


def expect(model: Times, features: Features) -> Expected:
    middle = _sum(model.weights, model.offset, features)
    low, high = model.errors
    return Expected(exp(middle), exp(middle + low), exp(middle + high))


def risk(model: Risk, features: Features) -> float:
    """The chance, 0 to 1."""
    return 1 / (1 + exp(-max(-30.0, min(30.0, _sum(model.weights, model.offset, features)))))


def _sum(weights: Mapping[str, float], offset: float, features: Features) -> float:
    """A value that was never seen weighs nothing."""
    return offset + sum(weights.get(f"{name}={value}", 0.0) for name, value in features.items())


def _rows(features: Sequence[Features], fit_end: int) -> tuple[list[str], Numbers]:
    vectors = DictVectorizer(sparse=False)
    vectors.fit([dict(one) for one in features[:fit_end]])
    rows = np.asarray(vectors.transform([dict(one) for one in features]), np.float64)
    return list(vectors.get_feature_names_out()), rows


def _weights(names: Sequence[str], values: Numbers) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in zip(names, values, strict=True)}


def _ends(errors: Numbers) -> tuple[float, float]:
    """Split conformal: of n errors the ⌈(n + 1)·q⌉th smallest, on either side."""
    count, tail = len(errors), (1 - COVERAGE) / 2
    upper = min(ceil((count + 1) * (1 - tail)), count) - 1
    return float(errors[count - 1 - upper]), float(errors[upper])
