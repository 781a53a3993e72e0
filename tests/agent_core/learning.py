"""Data folders for the tests of learning: what is trained from the taxonomy alone is trained once for all of them."""

import shutil
from pathlib import Path

import pytest

from agent_core import calibration, classifier_file, local_triage, shared_training
from runtime.settings import settings


def begin(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process that has just begun in this data folder, with the classifiers that come of the examples."""
    local_triage.warm_up()
    trained = classifier_file.folder()
    monkeypatch.setenv("DESKFLEET_DATA", str(folder))
    settings.cache_clear()
    classifier_file.folder().mkdir(parents=True, exist_ok=True)
    for file in trained.glob("*.npz"):
        shutil.copy(file, classifier_file.folder() / file.name)
    forget(monkeypatch)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process that has just begun."""
    local_triage.forget()
    calibration.use({})
    monkeypatch.setattr(shared_training, "_looked", shared_training._Looked())


def end() -> None:
    local_triage.forget()
    calibration.use({})
    settings.cache_clear()
