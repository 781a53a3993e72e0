"""Learns from staff: local classifiers anew from what they said, and what each model's confidence was worth.

The nightly job and `deskfleet triage retrain` call it. A classifier is replaced only by one that is not worse.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from agent_core import calibration, classifier_file, shared_training, training
from agent_core.classifier import Checked, Example
from agent_core.taxonomy import taxonomy
from runtime import storage
from runtime.database import transaction
from tickets import corrections, trainings
from tickets.contracts import ClaimOutcome
from tickets.correction_models import TriageTraining
from tickets.corrections import Lesson
from tickets.trainings import Trained

log = logging.getLogger(__name__)

# More would drown the examples that say what the categories mean.
_MOST_LESSONS = 4_000
_MOST_OUTCOMES = 20_000


@dataclass(frozen=True)
class Figures:
    """Of one target, on the same texts, none of them learnt by what tells it: the share told right before and after.

    `taught` of the texts are from staff. Without anything new to learn there is nothing to compare.
    """

    texts: int
    taught: int
    before: float | None
    after: float | None
    is_replaced: bool


@dataclass(frozen=True)
class Retrained:
    """`curves`: by model the number of outcomes, and the error of its confidence before and after."""

    version: int
    lessons: int
    figures: Mapping[str, Figures]
    curves: Mapping[str, Mapping[str, Any]]


def retrain() -> Retrained:
    """Train, measure, and share what is not worse with all processes. Raises Unavailable when the store is away."""
    recipe = classifier_file.recipe()
    with transaction() as session:
        lessons = corrections.lessons(session, limit=_MOST_LESSONS)
        outcomes = corrections.claim_outcomes(session, limit=_MOST_OUTCOMES)
        present = trainings.newest(session, recipe)
    models = dict(present.models) if present else {}
    figures = {}
    for target in training.TARGETS:
        figures[target], replacement = _learn(target, lessons, _until(present, target))
        if replacement:
            models[target] = replacement
    curves = _curves(outcomes)
    told = {target: asdict(one) for target, one in figures.items()}
    with transaction() as session:
        version = trainings.record(session, Trained(recipe, models, len(lessons), told, curves))
    shared_training.refresh(at_once=True)
    log.info("triage retrained", extra={"version": version, "lessons": len(lessons), "figures": told})
    return Retrained(version, len(lessons), figures, curves)


def _until(present: TriageTraining | None, target: str) -> datetime | None:
    """The newest lesson that the present classifier has learnt."""
    model = present.models.get(target) if present else None
    return datetime.fromisoformat(model["until"]) if model else None


def _learn(
    target: str, lessons: Sequence[Lesson], until: datetime | None
) -> tuple[Figures, dict[str, str] | None]:
    """The figures, and what replaces the present classifier, if anything does."""
    known = [one for one in lessons if until is not None and one.at <= until]
    examples = training.examples_of(target, taxonomy(), lessons)
    before = training.examples_of(target, taxonomy(), known)
    taught = len(examples) - len(training.examples_of(target, taxonomy()))
    name = training.name_of(target, examples)
    if name == training.name_of(target, before):
        return Figures(len(examples), taught, None, None, is_replaced=False), None
    candidate = training.checked(target, examples)
    was = _share_right(training.checked(target, before), before, examples)
    now = _share_right(candidate, examples, examples)
    figures = Figures(len(examples), taught, round(was, 4), round(now, 4), is_replaced=now >= was)
    if now < was:
        return figures, None
    classifier_file.write(classifier_file.path_of(name), candidate.classifier)
    key = storage.put(classifier_file.path_of(name).read_bytes())
    return figures, {"name": name, "key": key, "until": lessons[-1].at.isoformat()}


def _share_right(checked: Checked, learnt: Sequence[Example], texts: Sequence[Example]) -> float:
    """Of the texts that have a class, each told by a classifier that had not learnt it: what is new, by this one."""
    inside = [one for one in texts if one.label is not None]
    known = {(one.text, one.label) for one in learnt}
    new = [one for one in inside if (one.text, one.label) not in known]
    guesses = checked.classifier.guesses([one.text for one in new]) if new else []
    right = sum(guess.best == one.label for one, guess in zip(new, guesses, strict=True))
    right += sum(checked.right[one.text] for one in inside if (one.text, one.label) in known)
    return right / len(inside)


def _curves(outcomes: Sequence[ClaimOutcome]) -> dict[str, dict[str, Any]]:
    """Of every model with enough outcomes."""
    found = {}
    for model, mine in calibration.by_model(outcomes).items():
        if len(mine) >= calibration.LEAST_OUTCOMES:
            measured = calibration.measured(mine)
            found[model] = {
                **asdict(calibration.fitted(mine)),
                "outcomes": measured.outcomes,
                "ece_before": round(measured.ece_before, 4),
                "ece_after": round(measured.ece_after, 4),
            }
    return found
