"""Trains the agent's local classifiers from the taxonomy's examples and from what staff said of messages.

`retraining` does it every night; `install` makes the result the current one of all that share the data folder.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_core import classifier, classifier_file, word_lists
from agent_core.classifier import Checked, Classifier, Example
from agent_core.features import MOST_CHARACTERS, Text
from agent_core.taxonomy import Taxonomy, taxonomy
from runtime.redaction import redact
from tickets.corrections import Lesson

TARGETS = ("category", "priority", "sentiment")
_LABELS = {"category": "category", "priority": "priority", "sentiment": "mood"}
_OPTIONS: dict[str, dict[str, Any]] = {
    # Spam, small talk and questions for a search engine: a desk gets more of them than of strangers among requests.
    "category": {"lists": word_lists.TOPICS, "outside_share": 0.1, "doubt_share": 0.1},
    # How urgent and in what mood is told by words more than by what a message is about.
    "priority": {"lists": word_lists.URGENCY, "scoped": False, "words_weight": 0.5},
    "sentiment": {"lists": word_lists.MOODS, "scoped": False, "words_weight": 0.5},
}


@dataclass(frozen=True)
class Classifiers:
    category: Classifier
    priority: Classifier
    sentiment: Classifier


@dataclass(frozen=True)
class Installed:
    """The training that this data folder holds: its version, and by target the name of a classifier's file."""

    version: int
    names: Mapping[str, str]


def examples_of(target: str, given: Taxonomy, lessons: Sequence[Lesson] = ()) -> list[Example]:
    """No text twice: what staff said last of it counts. Lessons are redacted; labels that do not exist are left out."""
    own = {
        "category": given.category_examples,
        "priority": given.priority_examples,
        "sentiment": given.sentiment_examples,
    }[target]()
    found = {one.text.text: one for one in own}
    known = {one.label for one in own}
    for lesson in lessons:
        label = lesson.labels.get(_LABELS[target])
        if label is not None and label in known:
            text = redact(lesson.text[:MOST_CHARACTERS])
            found[text] = Example(Text(text, lesson.language), label)
    return list(found.values())


def name_of(target: str, examples: Sequence[Example]) -> str:
    """Of the file that keeps what is trained from these examples."""
    return f"{target}-{classifier_file.fingerprint(examples, _OPTIONS[target])}"


def checked(target: str, examples: Sequence[Example]) -> Checked:
    """Trained anew, with what came of each held-out text."""
    return classifier.train_checked(examples, **_OPTIONS[target])


def _kept(target: str, examples: Sequence[Example]) -> Classifier:
    name = name_of(target, examples)
    return classifier_file.kept_or(lambda: classifier.train(examples, **_OPTIONS[target]), name)


def current() -> Classifiers:
    """Those that were installed last; where there is none, or it was lost, those of the taxonomy alone."""
    found = installed()
    names = found.names if found else {}
    return Classifiers(**{target: _current(target, names.get(target)) for target in TARGETS})


def _current(target: str, name: str | None) -> Classifier:
    if name and classifier_file.path_of(name).exists():
        return classifier_file.read(classifier_file.path_of(name))
    return _kept(target, examples_of(target, taxonomy()))


def install(version: int, names: Mapping[str, str]) -> None:
    """Make these files the current ones. The running processes notice within a minute; older files go."""
    pointer = _pointer()
    pointer.parent.mkdir(parents=True, exist_ok=True)
    temporary = pointer.with_name(f".{pointer.name}.{os.getpid()}")
    kept = {"version": version, "recipe": classifier_file.recipe(), "names": dict(names)}
    temporary.write_text(json.dumps(kept), encoding="utf-8")
    temporary.replace(pointer)
    untaught = {name_of(target, examples_of(target, taxonomy())) for target in TARGETS}
    classifier_file.drop_all_but(frozenset({*names.values(), *untaught}))


def installed() -> Installed | None:
    """None before the first time, and where the code or the categories are not those that it was trained with."""
    pointer = _pointer()
    if not pointer.exists():
        return None
    kept = json.loads(pointer.read_text(encoding="utf-8"))
    if kept.get("recipe") != classifier_file.recipe():
        return None
    return Installed(kept["version"], kept["names"])


def version() -> float:
    """Changes when there are new current classifiers."""
    pointer = _pointer()
    return pointer.stat().st_mtime if pointer.exists() else 0.0


def _pointer() -> Path:
    return classifier_file.folder() / "current.json"
