"""The calibration: what raises a relevance and what lowers it."""

from knowledge.relevance import relevance


def _of(cosine: float, coverage: float = 0.3, best: float | None = None, *, known: bool = True) -> float:
    best = cosine if best is None else best
    return relevance(cosine=cosine, coverage=coverage, best_cosine=best, known_language=known)


def test_it_is_a_share_that_grows_with_nearness_and_with_coverage() -> None:
    assert 0 < _of(-1.0) < _of(0.2) < _of(0.5) < _of(0.9) < 1
    assert _of(0.45, 0.0) < _of(0.45, 1.0)


def test_what_lies_far_behind_the_best_counts_less() -> None:
    assert _of(0.5, best=0.8) < 0.5 < _of(0.5)


def test_in_a_language_that_the_embedder_does_not_know_nearness_alone_is_not_enough() -> None:
    assert _of(0.6, 0.0, known=False) < 0.5 < _of(0.6, 0.0, known=True)
    assert _of(0.5, 0.5, known=False) > 0.5
