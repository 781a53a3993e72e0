"""Local classifiers learn from what staff said of messages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_core import classifier_file, local_triage, training
from agent_core.features import Text
from agent_core.taxonomy import taxonomy
from tests.agent_core import learning
from tickets.corrections import Lesson

_ODD = "The zorbulator of my flanx is out of whump again"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    learning.begin(tmp_path, monkeypatch)
    yield
    learning.end()


def a_lesson(text: str, **labels: str) -> Lesson:
    return Lesson(text, "en", datetime(2026, 1, 1, tzinfo=UTC), labels)


def install(*lessons: Lesson, version: int = 1) -> None:
    """Train the category alone, and make it the current one."""
    examples = training.examples_of("category", taxonomy(), lessons)
    name = training.name_of("category", examples)
    classifier_file.write(classifier_file.path_of(name), training.checked("category", examples).classifier)
    training.install(version, {"category": name})


def odd_lessons() -> list[Lesson]:
    texts = [_ODD, "flanx whump zorbulator", "my zorbulator has no whump", "the flanx lost its whump"]
    return [a_lesson(text, category="shipping", priority="high") for text in texts]


def test_a_running_process_finds_the_new_classifier_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_triage, "_LOOK_AGAIN_S", -1.0)
    assert local_triage.classify(_ODD).category != "shipping"
    install(*odd_lessons())
    after = local_triage.classify("My flanx has no whump, what about the zorbulator?")
    assert (after.category, after.in_scope) == ("shipping", True)
    assert local_triage.classify("Where is my invoice?").category == "billing_inquiry"


def test_classifiers_that_nothing_asks_for_are_dropped_and_those_of_the_taxonomy_stay() -> None:
    training.current()
    install(*odd_lessons())
    install(odd_lessons()[0], version=2)
    assert len(list(classifier_file.folder().glob("*.npz"))) == 4


def test_a_lost_file_is_trained_anew_from_the_taxonomy() -> None:
    install(*odd_lessons())
    for file in classifier_file.folder().glob("*.npz"):
        file.unlink()
    assert training.current().category.guess(Text("Where is my parcel?")).best == "shipping"


def test_what_was_trained_for_other_code_or_categories_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    install(*odd_lessons())
    assert training.installed() is not None
    monkeypatch.setattr(classifier_file, "_VERSION", 99)
    assert training.installed() is None


def test_what_staff_said_last_of_a_text_counts_and_what_is_no_category_does_not() -> None:
    lessons = [a_lesson(_ODD, category="bug_report"), a_lesson(_ODD, category="shipping", mood="negative")]
    lessons.append(a_lesson("Roses are red", category="poetry"))
    examples = {one.text.text: one.label for one in training.examples_of("category", taxonomy(), lessons)}
    assert examples[_ODD] == "shipping"
    assert "Roses are red" not in examples
    moods = {one.text.text: one.label for one in training.examples_of("sentiment", taxonomy(), lessons)}
    assert moods[_ODD] == "negative"


def test_what_is_learnt_is_redacted() -> None:
    lesson = a_lesson("My card 4111 1111 1111 1111 was charged twice", category="billing_inquiry")
    texts = [one.text.text for one in training.examples_of("category", taxonomy(), [lesson])]
    assert not any("4111" in text for text in texts)
    assert any("was charged twice" in text and "CREDIT_CARD" in text for text in texts)


def test_each_held_out_text_is_told_by_who_had_not_learnt_it() -> None:
    examples = training.examples_of("priority", taxonomy())
    checked = training.checked("priority", examples)
    share = sum(checked.right.values()) / len(checked.right)
    assert len(checked.right) == len(examples)
    assert share == pytest.approx(checked.classifier.held_out.accuracy)
