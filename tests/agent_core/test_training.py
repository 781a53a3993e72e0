"""Local classifiers learn from what staff corrected."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_core import classifier_file, local_triage, training
from agent_core.features import Text
from agent_core.taxonomy import taxonomy
from agent_core.training import Correction
from runtime.settings import settings
from tickets.contracts import Priority

_ODD = "The zorbulator of my flanx is out of whump again"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()
    local_triage.forget()
    yield
    settings.cache_clear()
    local_triage.forget()


def _corrections() -> list[Correction]:
    texts = [_ODD, "flanx whump zorbulator", "my zorbulator has no whump", "the flanx lost its whump"]
    return [Correction(text, "en", category="shipping", priority=Priority.HIGH) for text in texts]


def test_after_retraining_a_message_like_the_corrected_ones_gets_their_category() -> None:
    before = local_triage.classify(_ODD)
    trained = training.retrain(_corrections())
    local_triage.forget()
    after = local_triage.classify("My flanx has no whump, what about the zorbulator?")
    assert before.category != "shipping"
    assert (after.category, after.in_scope) == ("shipping", True)
    assert trained.corrections == 4
    assert training.report(trained)["category"]["accuracy"] > 0.8


def test_a_running_process_finds_the_new_classifiers_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_triage, "_LOOK_AGAIN_S", -1.0)
    assert local_triage.classify(_ODD).category != "shipping"
    training.retrain(_corrections())
    assert local_triage.classify(_ODD).category == "shipping"


def test_classifiers_that_nothing_asks_for_are_dropped() -> None:
    training.train(taxonomy())
    training.retrain(_corrections())
    training.retrain(_corrections()[:1])
    assert len(list(classifier_file.folder().glob("*.npz"))) == 3


def test_lost_files_are_trained_anew_from_the_taxonomy() -> None:
    training.retrain(_corrections())
    for file in classifier_file.folder().glob("*.npz"):
        file.unlink()
    assert training.current().category.guess(Text("Where is my parcel?")).best == "shipping"


def test_a_correction_to_something_that_is_no_category_is_left_out() -> None:
    trained = training.train(taxonomy(), [Correction(_ODD, "en", category="poetry")])
    assert "poetry" not in trained["category"][1].names
