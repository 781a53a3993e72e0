"""Closed-form held-out scores are those of models that were really trained without the text or the class."""

import numpy as np
import pytest

from agent_core import kernel_solver
from agent_core.kernel_solver import OUTSIDE, Floats, Labels


@pytest.fixture
def problem() -> tuple[Floats, Labels]:
    points = np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32)
    distances = ((points[:, None] - points) ** 2).sum(axis=-1)
    labels = np.sort(np.random.default_rng(2).integers(OUTSIDE, 3, 30))
    return np.exp(-distances / 8).astype(np.float32), labels.astype(np.int64)


def _scores_without(alike: Floats, labels: Labels, hidden: Labels) -> Floats:
    shown = np.setdiff1d(np.arange(len(labels)), hidden)
    solution = kernel_solver.solve(
        alike[np.ix_(shown, shown)].copy(), labels[shown], classes=3, smoothness=0.2
    )
    return np.asarray(alike[np.ix_(hidden, shown)] @ solution.weights, np.float32)


def test_a_text_left_out_gets_what_training_without_it_gives(problem: tuple[Floats, Labels]) -> None:
    alike, labels = problem
    solution = kernel_solver.solve(alike.copy(), labels, classes=3, smoothness=0.2)
    for row in (0, 11, 29):
        expected = _scores_without(alike, labels, np.array([row]))
        np.testing.assert_allclose(solution.without_row[row], expected[0], atol=1e-3)


def test_a_class_left_out_gets_what_training_without_it_gives(problem: tuple[Floats, Labels]) -> None:
    alike, labels = problem
    solution = kernel_solver.solve(alike.copy(), labels, classes=3, smoothness=0.2)
    for label in range(3):
        rows = np.flatnonzero(labels == label)
        expected = _scores_without(alike, labels, rows)
        np.testing.assert_allclose(solution.without_class[rows], expected, atol=1e-3)


def test_likenesses_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ArithmeticError, match="positive definite"):
        kernel_solver.solve(
            np.array([[1, 9], [9, 1]], np.float32), np.array([0, 1], np.int64), classes=2, smoothness=0.1
        )
