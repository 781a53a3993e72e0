"""From the signals of a passage to its place among others and to a calibrated relevance. Pure.

`relevance.toml` holds the weights and says how they were fitted (tests/evals/relevance_fit.py). Relevance is
shifted so that 0.5 is the threshold: below it an irrelevant passage would be the likelier outcome, a missed
answer counting 3.5 times.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("relevance.toml")
_KNOWN, _UNKNOWN = "known_language", "unknown_language"


@dataclass(frozen=True)
class Signals:
    """Cosines of the question to the chunk, to the article's beginning, to the whole article and to its best pieces;
    shares of the question's words, weighted by rarity, that the chunk and its titles hold; the article's share of
    the voices of similar questions asked before; how much younger the article is than the others found; 1 when other
    articles name it.
    """

    chunk: float = 0.0
    lead: float = 0.0
    whole: float = 0.0
    pieces: float = 0.0
    coverage: float = 0.0
    titles: float = 0.0
    past: float = 0.0
    fresh: float = 0.0
    named: float = 0.0


_NAMES = tuple(field.name for field in fields(Signals))


@dataclass(frozen=True)
class Scored:
    score: float  # Says the order, within one question.
    relevance: float  # 0–1, comparable between questions.


def score_all(signals: Sequence[Signals], *, known_language: bool) -> list[Scored]:
    """Each passage beside the best of its question: what lies far behind the nearest is seldom the answer."""
    weights = _weights()[_KNOWN if known_language else _UNKNOWN]
    nearest = max((one.chunk for one in signals), default=0.0)
    return [
        Scored(_score(one, weights["order"]), _relevance(one, nearest, weights["relevance"]))
        for one in signals
    ]


def _score(signals: Signals, weights: Mapping[str, float]) -> float:
    return float(sum(weights[name] * getattr(signals, name) for name in _NAMES))


def _relevance(signals: Signals, nearest: float, weights: Mapping[str, float]) -> float:
    return _share(
        weights["offset"]
        + weights["chunk"] * signals.chunk
        + weights["coverage"] * signals.coverage
        + weights["gap"] * (signals.chunk - nearest)
        + weights["past"] * signals.past
    )


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-500.0, logit)))


@lru_cache(maxsize=1)
def _weights() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    with _FILE.open("rb") as opened:
        return tomllib.load(opened)
