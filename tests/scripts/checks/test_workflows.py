"""What is planted into the workflows is found."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.checks import workflows

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    for name in ("Makefile", ".pre-commit-config.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "sound.sh").write_text('#!/bin/sh\necho "$1"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("check", "name", "old", "new", "problem"),
    [
        (workflows.workflows_are_valid, ".github/workflows/ci.yml", "runs-on", "runs-at", "runs-at"),
        (workflows.workflows_are_valid, ".github/dependabot.yml", "schedule", "shedule", "schedule"),
        (
            workflows.workflows_are_safe,
            ".github/workflows/ci.yml",
            "persist-credentials: false",
            "fetch-depth: 1",
            "artipacked",
        ),
        (
            workflows.workflows_are_safe,
            ".github/workflows/ci.yml",
            "run: make lint PYTHON=python3",
            "run: echo ${{ github.event.pull_request.title }}",
            "template-injection",
        ),
        (
            workflows.workflows_are_safe,
            ".github/workflows/ci.yml",
            "@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0",
            "@v5",
            "actions/checkout@v5 is not pinned",
        ),
        (
            workflows.workflows_call_what_exists,
            ".github/workflows/ci.yml",
            "make check-ops",
            "make check-opps",
            "no make check-opps",
        ),
        (workflows.shell_scripts_are_sound, "scripts/sound.sh", '"$1"', "$1", "SC2086"),
    ],
)
def test_what_is_planted_is_found(
    repo: Path, check: Callable[[Path], list[str]], name: str, old: str, new: str, problem: str
) -> None:
    assert check(repo) == []
    text = (repo / name).read_text()
    assert old in text
    (repo / name).write_text(text.replace(old, new))
    assert any(problem in found for found in check(repo)), check(repo)
