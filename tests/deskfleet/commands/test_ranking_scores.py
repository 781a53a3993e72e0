"""The figures of ranked lists, on lists whose figures are known."""

import math

import pytest

from deskfleet.commands.ranking_scores import auc, figures


def test_a_perfect_order_scores_one() -> None:
    found = figures([["a", "b"]], [{"a": 2.0, "b": 1.0}], [0.01])
    assert [found[name] for name in ("ndcg@10", "recall@10", "mrr@10", "acc@1")] == [1, 1, 1, 1]
    assert found["p50_ms"] == found["p99_ms"] == 10


def test_a_late_answer_counts_less_and_a_missed_one_nothing() -> None:
    found = figures([["x", "a"], ["x"]], [{"a": 1.0, "b": 1.0}, {"c": 1.0}], [0.1, 0.1])
    ideal = 1 + 1 / math.log2(3)
    assert found["ndcg@10"] == pytest.approx(1 / math.log2(3) / ideal / 2, abs=1e-4)
    assert (found["recall@10"], found["mrr@10"], found["acc@1"]) == (0.25, 0.25, 0)


def test_what_comes_after_the_tenth_does_not_count() -> None:
    found = figures([[*"abcdefghij", "k"]], [{"k": 1.0}], [0.1])
    assert (found["ndcg@10"], found["recall@10"], found["mrr@10"]) == (0, 0, 0)


def test_the_auc_is_the_chance_to_score_higher_and_draws_count_half() -> None:
    assert auc([0.9, 0.8], [0.1, 0.2]) == 1
    assert auc([0.5], [0.5, 0.1]) == 0.75
    assert auc([0.1], [0.9]) == 0
