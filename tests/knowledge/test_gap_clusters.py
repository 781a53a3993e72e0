"""Grouping by nearness: the same groups again, in little memory."""

import time
import tracemalloc

import numpy as np
import pytest

from knowledge.gap_clusters import NONE, Labels, Limits, closeness, group
from llm.local_embedding import Vectors

LIMITS = Limits(pair=0.6, middle=0.65)


def around(centres: int, each: int, *, noise: int = 0, seed: int = 5, dimensions: int = 384) -> Vectors:
    """Unit vectors around some directions, and others anywhere."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(centres, dimensions))
    near = np.repeat(middles, each, axis=0) + random.normal(size=(centres * each, dimensions)) * 0.6
    made = np.concatenate([near, random.normal(size=(noise, dimensions))]).astype(np.float32)
    unit: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


def unknown(count: int) -> Labels:
    return np.full(count, NONE, np.int64)


def test_what_is_near_is_together_and_the_rest_is_alone() -> None:
    vectors = around(4, 6, noise=10)
    labels = group(vectors, unknown(34), np.arange(34), LIMITS)
    assert [set(labels[start : start + 6].tolist()) for start in range(0, 24, 6)] == [{0}, {1}, {2}, {3}]
    assert set(labels[24:].tolist()) == {NONE}
    assert (closeness(vectors, labels)[:24] > 0.65).all()


@pytest.mark.parametrize("seed", range(8))
def test_grouping_again_from_the_result_changes_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    # Few dimensions: many vectors lie between the groups.
    vectors = around(12, 9, noise=60, seed=seed, dimensions=6)
    askers = random.integers(0, 40, len(vectors))
    labels = group(vectors, unknown(len(vectors)), askers, Limits(pair=0.9, middle=0.92))
    assert labels.max() > 2
    again = group(vectors, labels, askers, Limits(pair=0.9, middle=0.92))
    assert np.array_equal(labels, again)


def test_known_groups_keep_their_numbers_and_take_in_what_is_new() -> None:
    vectors = around(3, 5)
    first = group(vectors[:10], unknown(10), np.arange(10), LIMITS)
    known = np.concatenate([first[::1], unknown(5)])
    labels = group(vectors, known, np.arange(15), LIMITS)
    assert np.array_equal(labels[:10], first)
    assert set(labels[10:].tolist()) == {2}


def test_one_asker_alone_makes_no_group() -> None:
    vectors = around(2, 5)
    askers = np.array([1] * 5 + [1, 2, 3, 4, 5])
    labels = group(vectors, unknown(10), askers, LIMITS)
    assert set(labels[:5].tolist()) == {NONE}
    assert set(labels[5:].tolist()) == {0}


def test_nothing_is_grouped_to_nothing() -> None:
    assert group(np.zeros((0, 384), np.float32), unknown(0), unknown(0), LIMITS).size == 0


def test_ten_thousand_questions_need_little_memory() -> None:
    vectors = around(300, 20, noise=4_000)
    tracemalloc.start()
    started = time.monotonic()
    labels = group(vectors, unknown(10_000), np.arange(10_000), LIMITS)
    took = time.monotonic() - started
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert int(labels.max()) + 1 == 300
    # Every pair at once would be 400 MB; the vectors themselves are 15 MB.
    assert peak < 120_000_000, f"{peak / 1e6:.0f} MB"
    assert took < 120
    print(f"10,000 questions in {took:.1f} s, {peak / 1e6:.0f} MB beside the vectors")
