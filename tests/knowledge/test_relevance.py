"""The order and the calibration: what raises a relevance and what lowers it."""

from knowledge.relevance import Signals, score_all


def _of(cosine: float, coverage: float = 0.3, best: float | None = None, *, known: bool = True) -> float:
    signals = [Signals(chunk=cosine, coverage=coverage)]
    if best is not None:
        signals.append(Signals(chunk=best))
    return score_all(signals, known_language=known)[0].relevance


def test_it_is_a_share_that_grows_with_nearness_and_with_coverage() -> None:
    assert 0 < _of(-1.0) < _of(0.2) < _of(0.5) < _of(0.9) < 1
    assert _of(0.45, 0.0) < _of(0.45, 1.0)


def test_what_lies_far_behind_the_best_counts_less() -> None:
    assert _of(0.5, best=0.8) < 0.5 < _of(0.5)


def test_in_a_language_that_the_embedder_does_not_know_nearness_alone_is_not_enough() -> None:
    assert _of(0.6, 0.0, known=False) < 0.5 < _of(0.6, 0.0, known=True)
    assert _of(0.5, 0.5, known=False) > 0.5


def test_each_signal_speaks_for_a_passage() -> None:
    plain = Signals(chunk=0.4, lead=0.4, whole=0.4, coverage=0.2, titles=0.1, past=0.1)
    better = [
        Signals(**(vars(plain) | {name: 0.6}))
        for name in ("chunk", "lead", "whole", "coverage", "titles", "past")
    ]
    first, *others = score_all([plain, *better], known_language=True)
    assert all(other.score > first.score for other in others)


def test_an_article_that_answered_the_like_before_is_more_relevant() -> None:
    without, with_past = score_all([Signals(chunk=0.4), Signals(chunk=0.4, past=0.8)], known_language=True)
    assert with_past.relevance > without.relevance


def test_nothing_found_is_no_error() -> None:
    assert score_all([], known_language=True) == []
