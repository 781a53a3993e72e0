"""How well predicted labels meet the true ones: shares and F1, as the evaluations print them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LabelScore:
    precision: float
    recall: float
    f1: float
    n: int


def per_label(truth: Sequence[str], told: Sequence[str]) -> dict[str, LabelScore]:
    """Of every label that is true of a text at least once."""
    wanted, given = Counter(truth), Counter(told)
    right = Counter(one for one, other in zip(truth, told, strict=True) if one == other)
    return {
        label: LabelScore(
            precision=round(right[label] / given[label], 4) if given[label] else 0.0,
            recall=round(right[label] / n, 4),
            f1=round(2 * right[label] / (n + given[label]), 4),
            n=n,
        )
        for label, n in sorted(wanted.items())
    }


def macro_f1(scores: dict[str, LabelScore]) -> float:
    return round(sum(one.f1 for one in scores.values()) / len(scores), 4) if scores else 0.0


def share(flags: Sequence[bool]) -> float | None:
    """None of nothing."""
    return round(sum(flags) / len(flags), 4) if flags else None
