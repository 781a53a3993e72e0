"""How honest confidences are: what was claimed beside how often it was right, and the measure of the distance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.calibration import Checked

_BINS = 10


@dataclass(frozen=True)
class Bin:
    """The texts of which so much was claimed: how many, the mean claim, and the share that was right."""

    texts: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Honesty:
    """Of checked answers. `error`: their expected calibration error; None: none was checked."""

    answers: int
    error: float | None
    bins: tuple[Bin, ...]


def bins(
    confidences: Sequence[float] | NDArray[np.float64], right: Sequence[bool] | NDArray[np.bool_]
) -> list[Bin]:
    """Ten bins of equal width from 0 to 1, without the empty ones."""
    claimed, held = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    places = np.clip((claimed * _BINS).astype(int), 0, _BINS - 1)
    return [
        Bin(int(mine.sum()), float(claimed[mine].mean()), float(held[mine].mean()))
        for number in range(_BINS)
        if (mine := places == number).any()
    ]


def ece(counted: Sequence[Bin]) -> float:
    """Expected calibration error: the mean distance of claim and truth, weighted by texts."""
    total = sum(one.texts for one in counted)
    return sum(one.texts * abs(one.confidence - one.accuracy) for one in counted) / total if total else 0.0


def measure(answers: Iterable[Checked]) -> Honesty:
    known = list(answers)
    if not known:
        return Honesty(0, None, ())
    found = bins([one.confidence for one in known], [one.is_right for one in known])
    return Honesty(len(known), ece(found), tuple(found))
