"""The classifier that triage and the evaluation share."""

import time
from pathlib import Path

import numpy as np
import pytest

from agent_core import classifier, classifier_file
from agent_core.classifier import Classifier, Example
from agent_core.features import Text
from runtime.errors import InvalidInput

_TEXTS = {
    "tent": [
        "my tent leaks",
        "the tent has a hole",
        "a tent pole broke",
        "the tent is wet inside",
        "tent pegs bend",
    ],
    "lamp": [
        "the lamp flickers",
        "my lamp is dark",
        "lamp needs a bulb",
        "the lamp buzzes",
        "a lamp got hot",
    ],
    "boot": [
        "my boots pinch",
        "the boot sole came off",
        "boots in size 42",
        "left boot squeaks",
        "boots are wet",
    ],
}


def _examples() -> list[Example]:
    return [Example(Text(text), label) for label, texts in _TEXTS.items() for text in texts]


@pytest.fixture(scope="module")
def trained() -> Classifier:
    return classifier.train(_examples())


def test_new_wordings_get_their_class(trained: Classifier) -> None:
    told = [
        trained.guess(Text(text)).best
        for text in ("water in the tent", "lamp without light", "boot too small")
    ]
    assert told == ["tent", "lamp", "boot"]


def test_what_is_about_something_else_is_refused_and_doubted(trained: Classifier) -> None:
    known, strange = (
        trained.guess(Text("the tent leaks")),
        trained.guess(Text("who won the chess game in Oslo?")),
    )
    assert known.in_scope
    assert not strange.in_scope
    assert strange.confidence < known.confidence


def test_one_by_one_and_at_once_are_the_same(trained: Classifier) -> None:
    texts = [Text("the lamp is broken"), Text("boots for winter")]
    for alone, together in zip(map(trained.guess, texts), trained.guesses(texts), strict=True):
        assert alone.best == together.best
        assert alone.confidence == pytest.approx(together.confidence, abs=1e-4)


def test_training_is_deterministic_and_knows_no_order(trained: Classifier) -> None:
    again = classifier.train(_examples()[::-1])
    first, second = (one.guess(Text("a wet tent")) for one in (trained, again))
    assert first.best == second.best
    assert first.confidence == pytest.approx(second.confidence, abs=1e-3)


def test_a_threshold_can_be_given(trained: Classifier) -> None:
    assert trained.with_threshold(float("-inf")).guess(Text("chess in Oslo")).in_scope
    assert not trained.with_threshold(5.0).guess(Text("the tent leaks")).in_scope


def test_one_class_is_not_enough() -> None:
    with pytest.raises(InvalidInput, match="at least two classes"):
        classifier.train([Example(Text("a tent"), "tent"), Example(Text("chess"), None)])


def test_a_kept_classifier_answers_the_same(trained: Classifier, tmp_path: Path) -> None:
    file = tmp_path / "models" / "one.npz"
    classifier_file.write(file, trained)
    read = classifier_file.read(file)
    assert read.guess(Text("my boots are wet")) == trained.guess(Text("my boots are wet"))
    assert read.held_out == trained.held_out
    assert list(file.parent.iterdir()) == [file]


def test_a_kept_classifier_holds_no_text(trained: Classifier, tmp_path: Path) -> None:
    file = tmp_path / "one.npz"
    classifier_file.write(file, trained)
    with np.load(file, allow_pickle=False) as kept:
        told = str(kept["facts"])
    assert "leaks" not in told
    assert b"leaks" not in file.read_bytes()


def test_other_examples_have_another_fingerprint() -> None:
    one = classifier_file.fingerprint(_examples(), {})
    assert one == classifier_file.fingerprint(_examples(), {})
    assert one != classifier_file.fingerprint(_examples()[:-1], {})
    assert one != classifier_file.fingerprint(_examples(), {"lists": "topics"})


def test_of_too_many_texts_every_class_keeps_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "MOST_TEXTS", 9)
    trained = classifier.train(_examples())
    assert trained.names == ("boot", "lamp", "tent")
    assert len(trained.weights) == 9


def test_a_long_hostile_text_takes_no_longer_than_it_should(trained: Classifier) -> None:
    started = time.perf_counter()
    trained.guess(Text("a" * 500_000 + " ! " * 100_000))
    assert time.perf_counter() - started < 2
