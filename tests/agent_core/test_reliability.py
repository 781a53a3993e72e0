"""How honest a confidence is."""

import numpy as np
import pytest

from agent_core import reliability
from agent_core.reliability import Bin, Claims


def test_a_confidence_that_keeps_its_word_has_no_error() -> None:
    confidences = [0.75] * 4 + [0.25] * 4
    right = [True, True, True, False, True, False, False, False]
    counted = reliability.bins(confidences, right)
    assert counted == [Bin(4, 0.25, 0.25), Bin(4, 0.75, 0.75)]
    assert reliability.ece(counted) == 0


def test_the_error_is_the_distance_of_claim_and_truth() -> None:
    assert reliability.ece(reliability.bins([1.0] * 10, [True] * 7 + [False] * 3)) == pytest.approx(0.3)
    assert reliability.ece([]) == 0


def test_the_temperature_finds_how_sure_scores_may_be() -> None:
    draw = np.random.default_rng(1)
    scores = draw.normal(size=(4000, 4)).astype(np.float32)
    chances = reliability.probabilities(scores, 2.5)
    labels = np.array([draw.choice(4, p=row) for row in chances], np.int64)
    assert reliability.fitted_scale(scores, labels) == pytest.approx(2.5, rel=0.1)


def test_claims_that_boast_are_corrected() -> None:
    draw = np.random.default_rng(2)
    probability = np.full(2000, 0.95)
    claims = Claims(probability, np.ones(2000), draw.random(2000) < 0.6)
    honesty = reliability.fitted_honesty(claims, None, outside_share=0.0)
    assert honesty.confidence(np.array([0.95]), np.array([1.0]))[0] == pytest.approx(0.6, abs=0.03)


def test_little_energy_lowers_the_confidence_where_texts_from_outside_have_little() -> None:
    draw = np.random.default_rng(3)
    inside = Claims(np.full(500, 0.9), draw.normal(0.8, 0.05, 500), np.ones(500, np.bool_))
    outside = Claims(np.full(500, 0.9), draw.normal(0.4, 0.05, 500), np.zeros(500, np.bool_))
    honesty = reliability.fitted_honesty(inside, outside, outside_share=0.1)
    high, low = honesty.confidence(np.array([0.9, 0.9]), np.array([0.8, 0.4]))
    assert high > 0.95
    assert low < 0.3


def test_without_any_mistake_the_probability_is_taken_as_told() -> None:
    honesty = reliability.fitted_honesty(
        Claims(np.array([0.8]), np.array([0.5]), np.array([True])), None, outside_share=0.0
    )
    assert honesty.confidence(np.array([0.8]), np.array([0.5]))[0] == pytest.approx(0.8)
