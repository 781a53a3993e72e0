"""The table of costs follows prices, prompts and budgets, and an old one is found."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from scripts import cost_table

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "k8s" / "overlays", tmp_path / "k8s" / "overlays")
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / cost_table.DOCUMENT, tmp_path / cost_table.DOCUMENT)
    return tmp_path


def test_a_dearer_model_costs_more_and_none_costs_nothing() -> None:
    cheap, dear = cost_table.of_a_message("claude-haiku-4-5"), cost_table.of_a_message("claude-sonnet-4-6")
    assert Decimal(0) < cheap < dear


def test_the_table_is_made_once_and_then_fresh(copy: Path) -> None:
    cost_table.main(copy)
    assert cost_table.costs_are_fresh(copy) == []
    text = (copy / cost_table.DOCUMENT).read_text()
    assert "| Claude | `claude-sonnet-4-6` |" in text
    assert "300 USD a day pay (production)" in text
    cost_table.main(copy)
    assert (copy / cost_table.DOCUMENT).read_text() == text


def test_another_budget_makes_the_table_old(copy: Path) -> None:
    cost_table.main(copy)
    overlay = copy / "k8s/overlays/production/kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("BUDGET_DAY_USD=300", "BUDGET_DAY_USD=400"))
    [problem] = cost_table.costs_are_fresh(copy)
    assert problem.endswith("make ops-files")


def test_a_document_without_a_place_is_found(copy: Path) -> None:
    (copy / cost_table.DOCUMENT).write_text("# Operations\n")
    [problem] = cost_table.costs_are_fresh(copy)
    assert "has no place" in problem
