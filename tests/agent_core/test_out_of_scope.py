"""Whether a text belongs to any class."""

import numpy as np
import pytest

from agent_core import out_of_scope
from agent_core.out_of_scope import Seen


def test_energy_is_the_best_score_and_more_where_several_agree() -> None:
    alone, agreed, none = out_of_scope.energy(np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]], np.float32))
    assert none < alone < agreed
    assert alone == pytest.approx(1.0, abs=0.01)


def test_the_threshold_lies_between_what_is_inside_and_what_is_not() -> None:
    inside = np.linspace(0.6, 1.0, 100)
    seen = Seen(inside, np.ones(100, np.bool_), (np.linspace(0.0, 0.5, 100),))
    assert 0.5 < out_of_scope.threshold(seen) <= 0.6 + 1e-6


def test_the_more_is_expected_from_outside_the_more_is_refused() -> None:
    draw = np.random.default_rng(1)
    seen = Seen(draw.normal(0.8, 0.1, 1000), np.ones(1000, np.bool_), (draw.normal(0.6, 0.1, 1000),))
    thresholds = [out_of_scope.threshold(seen, outside_share=share) for share in (0.01, 0.1, 0.5)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] < thresholds[-1]


def test_enough_real_outsiders_are_heard_beside_left_out_classes() -> None:
    left_out, many, few = (np.zeros((rows, 2), np.float32) for rows in (50, 30, 29))
    assert len(out_of_scope.witnesses(left_out=left_out, outsiders=many)) == 2
    assert len(out_of_scope.witnesses(left_out=left_out, outsiders=few)) == 1


def test_few_outsiders_count_as_much_as_many_left_out_texts() -> None:
    inside, right = np.linspace(0.6, 1.0, 100), np.ones(100, np.bool_)
    far, near = np.full(10_000, 0.1), np.full(30, 0.65)
    thresholds = [
        out_of_scope.threshold(Seen(inside, right, kinds), outside_share=0.5)
        for kinds in ((far,), (far, near))
    ]
    assert thresholds[0] <= 0.61
    assert thresholds[1] > 0.65
