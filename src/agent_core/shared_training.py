"""Brings the newest training into this process: the row names it, the store of files holds it. Called by the jobs."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_core import calibration, classifier_file, local_triage, training
from agent_core.calibration import Curve
from runtime import storage
from runtime.database import transaction
from runtime.errors import NotFound, Unavailable
from tickets import trainings
from tickets.correction_models import TriageTraining

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 300.0


@dataclass
class _Looked:
    at: float = float("-inf")


_looking = threading.Lock()
_looked = _Looked()


def refresh(*, at_once: bool = False) -> bool:
    """Look for a newer training, at most every five minutes unless `at_once`; whether one came.

    When the store is away, what this process has stays, and it is looked for again the next time.
    """
    if not _looking.acquire(blocking=at_once):
        return False  # A colleague looks.
    try:
        if not at_once and time.monotonic() - _looked.at < _LOOK_AGAIN_S:
            return False
        _looked.at = time.monotonic()
        with transaction() as session:
            newest = trainings.newest(session, classifier_file.recipe())
        return newest is not None and _bring(newest)
    finally:
        _looking.release()


def _bring(newest: TriageTraining) -> bool:
    present = training.installed()
    is_new = present is None or present.version != newest.version
    if is_new:
        try:
            _fetch(newest.models)
        except (NotFound, Unavailable) as error:
            log.warning("training not fetched: %s", error.detail, extra={"version": newest.version})
            return False
        training.install(newest.version, {target: one["name"] for target, one in newest.models.items()})
        local_triage.forget()
    calibration.use(curves_of(newest.curves))
    return is_new


def _fetch(models: Mapping[str, Mapping[str, str]]) -> None:
    for one in models.values():
        if not classifier_file.path_of(one["name"]).exists():
            classifier_file.write_content(one["name"], storage.get(one["key"]))


def curves_of(kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Curve]:
    return {model: Curve(tuple(one["claimed"]), tuple(one["worth"])) for model, one in kept.items()}
