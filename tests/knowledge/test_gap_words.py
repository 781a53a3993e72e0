"""Questions by their words."""

import numpy as np

from knowledge.gap_words import label_of, vectors_of
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.knowledge.gap_desk import GIFTS, asked_by_all, found, open_gaps

CUPS = (
    "Wo finde ich Ersatzdeckel für die Becher?",
    "Gibt es Ersatzdeckel zu den Bechern?",
    "Ich brauche einen Ersatzdeckel für meinen Becher.",
)


def test_shared_rare_words_bring_questions_near() -> None:
    vectors = vectors_of([["deckel", "becher"], ["deckel", "becher", "wo"], ["rechnung", "wo"]])
    near = vectors @ vectors.T
    assert np.allclose(np.diag(near), 1)
    assert near[0, 1] > 0.7
    assert near[1, 2] < 0.4
    assert abs(near[0, 2]) < 0.01


def test_a_question_without_words_is_near_to_nothing() -> None:
    assert not vectors_of([[], ["deckel"]])[0].any()
    assert vectors_of([]).shape[0] == 0


def test_a_label_spells_words_as_customers_do_and_leaves_common_ones_out(run_jobs: CollectedJobs) -> None:
    asked_by_all(CUPS, language="de")
    asked_by_all(GIFTS)
    found()
    with transaction() as session:
        labels = [label_of(session, gap, language="de") for gap in _gaps("de")]
    assert labels == ["becher, ersatzdeckel"]


def _gaps(language: str) -> list[int]:
    return [one.gap.id for one in open_gaps() if one.gap.language == language]
