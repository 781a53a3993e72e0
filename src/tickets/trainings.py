"""The rows of trained classifiers: which ones every process uses, and how each training went."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tickets.correction_models import TriageTraining

_CONTENTS_KEPT = 5


@dataclass(frozen=True)
class Trained:
    """What one training leaves; see `TriageTraining`. Each of `models` has `name`, `key` and `until`."""

    recipe: str
    models: Mapping[str, Mapping[str, str]]
    taught: int
    figures: Mapping[str, Any]
    curves: Mapping[str, Any]


def newest(session: Session, recipe: str) -> TriageTraining | None:
    """The training that a process of this recipe uses."""
    query = select(TriageTraining).where(TriageTraining.recipe == recipe)
    return session.scalars(query.order_by(TriageTraining.version.desc()).limit(1)).first()


def record(session: Session, trained: Trained) -> int:
    """From now on all processes of its recipe use it; returns its version."""
    made = insert(TriageTraining).values(
        recipe=trained.recipe,
        models={target: dict(one) for target, one in trained.models.items()},
        keys=[one["key"] for one in trained.models.values()],
        taught=trained.taught,
        figures=dict(trained.figures),
        curves=dict(trained.curves),
    )
    return session.execute(made.returning(TriageTraining.version)).scalar_one()


def listed_keys(session: Session) -> set[str]:
    """Contents of the store that the newest trainings name: a process may be about to load one that was replaced."""
    query = select(TriageTraining.keys).order_by(TriageTraining.version.desc()).limit(_CONTENTS_KEPT)
    return {key for keys in session.scalars(query) for key in keys}
