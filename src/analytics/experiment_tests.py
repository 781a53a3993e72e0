"""The arithmetic of experiments: who is in which arm, how many are needed, and what the counts prove. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, erfc, sqrt
from statistics import NormalDist

from analytics.calibration import Checked, Gate, Promise, has_drifted
from analytics.replays import Interval, wilson
from runtime.errors import InvalidInput

ALPHA = 0.05  # The chance that two equal arms are told apart.
POWER = 0.8  # The chance that a change by the effect is seen.
LEAST_EFFECT = 0.001
_GUARD_RISK = 0.01
_NORMAL = NormalDist()
CANDIDATE, CONTROL = "candidate", "control"


def arm_of(experiment: str, customer_id: int, share: float) -> str:
    """Always the same for a customer, whoever asks; independent between experiments."""
    digest = hashlib.sha256(f"{experiment}:{customer_id}".encode()).digest()
    return CANDIDATE if int.from_bytes(digest[:8]) / 2**64 < share else CONTROL


def needed_size(baseline: float, effect: float, *, alpha: float = ALPHA, power: float = POWER) -> int:
    """Customers in each arm, so that a two-sided test sees a change of a share by `effect` (Fleiss, Levin and Paik).

    The change may go either way: of the two the one that needs more counts.
    """
    if not LEAST_EFFECT <= effect < 1 or not 0 <= baseline <= 1:
        raise InvalidInput(
            f"A baseline lies between 0 and 1, an effect between {LEAST_EFFECT} and 1: less takes millions.",
            field="effect",
        )
    others = [one for one in (baseline - effect, baseline + effect) if 0 <= one <= 1]
    if not others:
        raise InvalidInput("The effect is larger than any change there can be.", field="effect")
    return max(_size(baseline, one, alpha, power) for one in others)


def _size(first: float, second: float, alpha: float, power: float) -> int:
    mean = (first + second) / 2
    equal = _NORMAL.inv_cdf(1 - alpha / 2) * sqrt(2 * mean * (1 - mean))
    different = _NORMAL.inv_cdf(power) * sqrt(first * (1 - first) + second * (1 - second))
    return max(2, ceil(((equal + different) / (first - second)) ** 2))


@dataclass(frozen=True)
class Outcome:
    """Both arms after as many customers as were said beforehand. `p_value` None: not so many have come yet."""

    control: Interval
    candidate: Interval
    difference: Interval
    p_value: float | None
    is_significant: bool


def compare(control: Sequence[bool], candidate: Sequence[bool], needed: int) -> Outcome:
    """The first `needed` of each arm count, so that looking again later, or more often, changes nothing."""
    enough = len(control) >= needed and len(candidate) >= needed
    first, second = list(control[:needed]), list(candidate[:needed])
    p_value = chi_square(sum(first), len(first), sum(second), len(second)) if enough else None
    return Outcome(
        wilson(sum(first), len(first)),
        wilson(sum(second), len(second)),
        newcombe(sum(first), len(first), sum(second), len(second)),
        p_value,
        p_value is not None and p_value < ALPHA,
    )


def chi_square(hits: int, of: int, other_hits: int, other_of: int) -> float:
    """Two-sided p-value of Pearson's test with N − 1 (Campbell 2007)."""
    whole, right = of + other_of, hits + other_hits
    if not of or not other_of or right in (0, whole):
        return 1.0
    cross = hits * (other_of - other_hits) - other_hits * (of - hits)
    found = cross**2 * (whole - 1) / (of * other_of * right * (whole - right))
    return erfc(sqrt(found / 2))


def newcombe(hits: int, of: int, other_hits: int, other_of: int) -> Interval:
    """Second share − first, with the 95 % interval out of both Wilson intervals (Newcombe 1998, method 10)."""
    first, second = wilson(hits, of), wilson(other_hits, other_of)
    if first.value is None or second.value is None:
        return Interval(None, None, None, of + other_of)
    assert first.low is not None
    assert first.high is not None
    assert second.low is not None
    assert second.high is not None
    middle = second.value - first.value
    low = middle - sqrt((second.value - second.low) ** 2 + (first.high - first.value) ** 2)
    high = middle + sqrt((second.high - second.value) ** 2 + (first.value - first.low) ** 2)
    return Interval(middle, low, high, of + other_of)


def is_harmful(judged: Sequence[bool], most_wrong: float) -> bool:
    """Whether the candidate's judged answers prove more than `most_wrong` wrong; it may be asked after each of them."""
    everything = Gate(0.0, 1.0, 0, 0, 1.0, 0)
    answers = [Checked(1.0, is_right) for is_right in judged]
    return has_drifted(answers, everything, Promise(most_wrong, _GUARD_RISK))
