"""Least squares on a matrix of likenesses, with what each row would get had it, or its whole class, not been learnt.

Exact and deterministic. Held-out scores come in closed form from the inverse, so nothing is trained twice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import spotrf, strtri

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]

OUTSIDE = -1  # The label of a row that belongs to no class.


@dataclass(frozen=True)
class Solution:
    """One row a training text, one column a class; a score near 1 says yes, near 0 no.

    `without_row` are the scores of a text by a model that has not seen it, `without_class` by one that has seen
    nothing of its class. For a row outside of all classes the two are the same.
    """

    weights: Floats
    without_row: Floats
    without_class: Floats


def solve(alike: Floats, labels: Labels, *, classes: int, smoothness: float) -> Solution:
    """Overwrites `alike`, which is large: n² numbers, about n³ operations. The labels are in ascending order."""
    wanted = np.zeros((len(labels), classes), np.float32)
    inside = labels != OUTSIDE
    wanted[inside, labels[inside]] = 1
    root = _inverse_root(alike, smoothness)
    weights = root @ (root.T @ wanted)
    pivots = np.einsum("ij,ij->i", root, root)[:, None]
    without_row = wanted - weights / pivots
    without_class = without_row.copy()
    for label in range(classes):
        rows = slice(*np.searchsorted(labels, [label, label + 1]))
        part = root[rows, rows.start :]  # What is before is zero.
        without_class[rows] = wanted[rows] - np.linalg.solve(part @ part.T, weights[rows])
    return Solution(weights, without_row, without_class)


def _inverse_root(alike: Floats, smoothness: float) -> Floats:
    """U with U·Uᵀ = (alike + smoothness)⁻¹."""
    alike[np.diag_indices(len(alike))] += smoothness
    factor, failed = spotrf(alike.T, lower=0, overwrite_a=1, clean=1)
    if failed:
        raise ArithmeticError("The likenesses of the examples are not positive definite.")
    root, _failed = strtri(factor, lower=0, overwrite_c=1)
    return np.asarray(root, np.float32)
