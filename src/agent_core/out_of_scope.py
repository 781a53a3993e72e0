"""Whether a text belongs to any class at all: decided by the energy of its scores, learnt without texts from outside.

What stands for the outside is each class as seen by a model that never saw it, or outsiders where some are given.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Scores = NDArray[np.float32]

# Scores lie between 0 and 1; the sharper, the more the best of them decides alone.
_SHARPNESS = 8.0
# Share of texts from outside that a desk is taken to have: rejecting a customer who is inside costs more often.
OUTSIDE_SHARE = 0.025
_LEAST_OUTSIDERS = 30
_STEPS = 400


def energy(scores: Scores) -> Numbers:
    """One number a row: nearly its best score, and more where several classes take it for theirs."""
    sharp = np.asarray(scores, np.float64) * _SHARPNESS
    best = sharp.max(axis=-1)
    return np.asarray((best + np.log(np.exp(sharp - best[..., None]).sum(axis=-1))) / _SHARPNESS, np.float64)


@dataclass(frozen=True)
class Seen:
    """Held-out energies: of texts inside, with whether their class was told right, and of texts from outside.

    Each kind of outside counts the same, however many texts there are of it.
    """

    inside: Numbers
    right: NDArray[np.bool_]
    outside: tuple[Numbers, ...]


def witnesses(*, left_out: Scores, outsiders: Scores) -> tuple[Scores, ...]:
    """What is outside: classes as seen by a model that never saw them, and real outsiders, when they are enough.

    Left-out classes are nearer to what is inside than most that comes from outside; outsiders often too far from it.
    """
    return (left_out, outsiders) if len(outsiders) >= _LEAST_OUTSIDERS else (left_out,)


def threshold(held_out: Seen, *, outside_share: float = OUTSIDE_SHARE) -> float:
    """The energy below which a text belongs to no class: it gets most texts right when this share is from outside."""
    candidates = np.unique(np.quantile(held_out.inside, np.linspace(0, 1, _STEPS)))
    kept = (held_out.right[:, None] & (held_out.inside[:, None] >= candidates)).mean(axis=0)
    rejected = np.mean([(kind[:, None] < candidates).mean(axis=0) for kind in held_out.outside], axis=0)
    best = int(np.argmax((1 - outside_share) * kept + outside_share * rejected))
    return float(candidates[best])
