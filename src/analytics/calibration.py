"""From checked answers to the lowest confidence from which answers may go out alone, with proof. Pure: no database.

Fixed-sequence testing (Angelopoulos, Bates, Candès, Jordan and Lei, "Learn then Test", 2021): thresholds are tried from
the strictest on, each against "the error above it exceeds α" with the exact binomial test, which is Clopper–Pearson's
upper bound; the first that is not rejected ends the sequence. So the chance that the chosen threshold's true error
exceeds α is at most δ, however many were tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np
from scipy.stats import beta

from runtime.errors import InvalidInput

# The sequence must not depend on what is tested: fixed beforehand, strictest first.
THRESHOLDS = (
    0.99,
    0.98,
    0.97,
    0.96,
    0.95,
    0.93,
    0.91,
    0.89,
    0.87,
    0.85,
    0.8,
    0.75,
    0.7,
    0.65,
    0.6,
    0.55,
    0.5,
)

_NEW_BETS = 100  # Answers.
_STAKES = (1.0, 3.0)  # Best against an error of about twice and of four times the promise.
_ENOUGH = 500.0  # Of the logarithm of a wealth, before it overflows.


@dataclass(frozen=True)
class Checked:
    """An answer that was judged: the confidence that the agent had in it, and whether it was right."""

    confidence: float
    is_right: bool


@dataclass(frozen=True)
class Promise:
    """Of the answers sent alone at most `error` are wrong; this holds with the confidence 1 − `risk`."""

    error: float = 0.02
    risk: float = 0.05

    def __post_init__(self) -> None:
        if not (0 < self.error < 1 and 0 < self.risk < 1):
            raise InvalidInput("The error and the risk lie between 0 and 1.")


@dataclass(frozen=True)
class Gate:
    """`threshold` None: closed. `automation`: share of the checked answers above it; `bound`: their error at most.

    `more_needed`: how many more must be checked, all of them right, before it can open, or open wider.
    """

    threshold: float | None
    automation: float
    checked: int
    wrong: int
    bound: float
    more_needed: int


def choose(answers: Sequence[Checked], promise: Promise) -> Gate:
    """The lowest threshold of the sequence before the first that fails; closed when the first one tried fails.

    Assumed: checked answers are a random sample of what would be sent, judged independently, from a process that stays
    as it is. The last is watched by `has_drifted`.

    It begins where twice as many were checked as are needed if all are right, else where just as many were: that
    depends on the confidences alone, not on what was right, so the proof holds.
    """
    confidences = np.array([one.confidence for one in answers])
    wrong = np.array([not one.is_right for one in answers], dtype=bool)
    above = [confidences >= threshold for threshold in THRESHOLDS]
    checked, mistakes = [int(one.sum()) for one in above], [int(wrong[one].sum()) for one in above]
    least = more_needed(0, 0, promise)
    start = next((i for count in (2 * least, least) for i, one in enumerate(checked) if one >= count), None)
    if start is None:
        return Gate(None, 0.0, 0, 0, 1.0, more_needed(mistakes[-1], checked[-1], promise))
    stop = start
    while (
        stop < len(THRESHOLDS) and upper_bound(mistakes[stop], checked[stop], promise.risk) <= promise.error
    ):
        stop += 1
    needed = more_needed(mistakes[stop], checked[stop], promise) if stop < len(THRESHOLDS) else 0
    if stop == start:
        return Gate(None, 0.0, 0, 0, 1.0, needed)
    last = stop - 1
    bound = upper_bound(mistakes[last], checked[last], promise.risk)
    return Gate(THRESHOLDS[last], checked[last] / len(answers), checked[last], mistakes[last], bound, needed)


def upper_bound(wrong: int, checked: int, risk: float) -> float:
    """Clopper and Pearson 1934: the largest error under which so few wrong ones still have the chance `risk`."""
    if wrong >= checked:
        return 1.0
    return float(beta.ppf(1 - risk, wrong + 1, checked - wrong))


def more_needed(wrong: int, checked: int, promise: Promise) -> int:
    """How many more answers must be checked, all of them right, until the bound is within the promise."""
    least = ceil(log(promise.risk) / log(1 - promise.error))
    low, high = 0, max(least, 1)
    while upper_bound(wrong, checked + high, promise.risk) > promise.error:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if upper_bound(wrong, checked + middle, promise.risk) > promise.error:
            low = middle
        else:
            high = middle
    return 0 if upper_bound(wrong, checked, promise.risk) <= promise.error else high


def has_drifted(recent: Sequence[Checked], gate: Gate, promise: Promise) -> bool:
    """Whether the answers that were checked since the gate opened contradict the promise, tested after each of them.

    Betting martingales (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", 2024): a
    bet wins with every wrong answer above the threshold and loses with every right one. While the error is within the
    promise, the chance that their mean ever reaches 1 / risk is at most `risk` (Ville's inequality), so looking daily
    costs nothing. New bets begin every so often, lest a long good time make a later change invisible.
    """
    if gate.threshold is None:
        return False
    wrong = np.array(
        [not one.is_right for one in recent if one.confidence >= gate.threshold], dtype=np.float64
    )
    wealth = np.zeros(len(wrong))
    unbegun = np.ones(len(wrong))  # What is kept for bets to come.
    for number, start in enumerate(range(0, len(wrong), _NEW_BETS)):
        share = 1.0 / ((number + 1) * (number + 2))
        unbegun[start:] -= share
        for stake in _STAKES:
            steps = np.log1p(min(stake, 0.5 / promise.error) * (wrong[start:] - promise.error))
            wealth[start:] += share / len(_STAKES) * np.exp(np.minimum(np.cumsum(steps), _ENOUGH))
    return bool((wealth + unbegun >= 1.0 / promise.risk).any())
