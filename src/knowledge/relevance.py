"""How likely a passage answers a question, from how near and how well covered it is. Pure.

The weights are logistic regressions on labelled questions (tests/evals/relevance_fit.py), shifted so that 0.5 is
the threshold: below it an irrelevant passage would be the likelier outcome, a missed answer counting 3.5 times.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class _Weights:
    offset: float
    cosine: float
    coverage: float
    gap: float


_KNOWN = _Weights(offset=-5.4, cosine=11.3, coverage=2.2, gap=13.0)
# In a language that the embedder does not know any two texts are near: there the words decide.
_UNKNOWN = _Weights(offset=-3.1, cosine=3.0, coverage=8.0, gap=7.0)


def relevance(*, cosine: float, coverage: float, best_cosine: float, known_language: bool) -> float:
    """0–1. `coverage` is the share of the question's words, weighted by rarity, that the passage holds;
    `best_cosine` is that of the nearest passage: what lies far behind the best is seldom the answer.
    """
    weights = _KNOWN if known_language else _UNKNOWN
    score = (
        weights.offset
        + weights.cosine * cosine
        + weights.coverage * coverage
        + weights.gap * (cosine - best_cosine)
    )
    return 1 / (1 + math.exp(-score))
