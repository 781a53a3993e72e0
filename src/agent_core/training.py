"""Trains the agent's local classifiers from the taxonomy's examples and from what staff corrected.

A nightly job calls `retrain` with the corrections; every process asks for `current` classifiers.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent_core import classifier, classifier_file, word_lists
from agent_core.classifier import Classifier, Example, HeldOut
from agent_core.features import MOST_CHARACTERS, Text
from agent_core.taxonomy import Taxonomy, taxonomy
from runtime.redaction import redact
from tickets.contracts import Priority

_TARGETS = ("category", "priority", "sentiment")
_OPTIONS: dict[str, dict[str, Any]] = {
    # Spam, small talk and questions for a search engine: a desk gets more of them than of strangers among requests.
    "category": {"lists": word_lists.TOPICS, "outside_share": 0.1, "doubt_share": 0.1},
    "priority": {"lists": word_lists.TOPICS, "scoped": False},
    "sentiment": {"lists": word_lists.MOODS, "scoped": False},
}
# The newest corrections: more would drown the examples that say what the categories mean.
_MOST_CORRECTIONS = 4_000


@dataclass(frozen=True)
class Correction:
    """What staff said of a message; None where they said nothing."""

    text: str
    language: str
    category: str | None = None
    priority: Priority | None = None
    sentiment: str | None = None


@dataclass(frozen=True)
class Classifiers:
    category: Classifier
    priority: Classifier
    sentiment: Classifier


@dataclass(frozen=True)
class Trained:
    """How each new classifier did on texts that it was not shown; `corrections` were used."""

    held_out: dict[str, HeldOut]
    corrections: int


def train(given: Taxonomy, corrections: Sequence[Correction] = ()) -> dict[str, tuple[str, Classifier]]:
    """Fingerprint and classifier of each target. Kept ones are read; new ones take about a second each."""
    return {target: _trained(target, _examples(target, given, corrections)) for target in _TARGETS}


def retrain(corrections: Sequence[Correction]) -> Trained:
    """Train anew with the newest corrections, and make the result the current one of all that share the data folder."""
    used = list(corrections)[-_MOST_CORRECTIONS:]
    found = train(taxonomy(), used)
    names = {target: name for target, (name, _classifier) in found.items()}
    _write_pointer(names)
    classifier_file.drop_all_but(frozenset(names.values()))
    return Trained({target: one.held_out for target, (_name, one) in found.items()}, len(used))


def current() -> Classifiers:
    """Those that `retrain` named last; before its first time, or if they were lost, those of the taxonomy alone."""
    names = _read_pointer()
    files = {target: classifier_file.folder() / f"{names.get(target)}.npz" for target in _TARGETS}
    if all(file.exists() for file in files.values()):
        return Classifiers(**{target: classifier_file.read(file) for target, file in files.items()})
    return Classifiers(**{target: one for target, (_name, one) in train(taxonomy()).items()})


def version() -> float:
    """Changes when there are new current classifiers."""
    pointer = _pointer()
    return pointer.stat().st_mtime if pointer.exists() else 0.0


def report(trained: Trained) -> dict[str, Any]:
    """For the job's log: no text of a message is in it."""
    return {
        "corrections": trained.corrections,
        **{
            target: {"accuracy": round(one.accuracy, 4), "ece": round(one.ece, 4)}
            for target, one in trained.held_out.items()
        },
    }


def _examples(target: str, given: Taxonomy, corrections: Sequence[Correction]) -> list[Example]:
    own = {
        "category": given.category_examples,
        "priority": given.priority_examples,
        "sentiment": given.sentiment_examples,
    }[target]()
    known = {one.label for one in own}
    corrected = [
        Example(Text(redact(one.text[:MOST_CHARACTERS]), one.language), str(label))
        for one in corrections
        if (label := asdict(one)[target]) in known and label is not None
    ]
    return own + corrected


def _trained(target: str, examples: list[Example]) -> tuple[str, Classifier]:
    options = _OPTIONS[target]
    name = f"{target}-{classifier_file.fingerprint(examples, options)}"
    return name, classifier_file.kept_or(lambda: classifier.train(examples, **options), name)


def _pointer() -> Path:
    return classifier_file.folder() / "current.json"


def _read_pointer() -> dict[str, str]:
    pointer = _pointer()
    return dict(json.loads(pointer.read_text(encoding="utf-8"))) if pointer.exists() else {}


def _write_pointer(names: dict[str, str]) -> None:
    pointer = _pointer()
    temporary = pointer.with_name(f".{pointer.name}.{os.getpid()}")
    temporary.write_text(json.dumps(names), encoding="utf-8")
    temporary.replace(pointer)
