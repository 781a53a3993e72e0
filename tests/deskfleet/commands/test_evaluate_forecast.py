"""deskfleet evaluate forecast: figures of a file, and clear words for one that is no series."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deskfleet.cli import app
from tests.analytics.made_up import as_long, as_wide, counts, expected

NAMES = {
    "wape", "mase", "coverage_80", "coverage_95", "seasonal_naive_wape", "mean4_wape", "best_model", "fit_s",
    "predict_ms", "points", "training_days", "warnings",
}  # fmt: skip


def run(file: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", "forecast", "--series", str(file), *options])


@pytest.fixture
def hours(tmp_path: Path) -> Path:
    file = tmp_path / "hours.csv"
    file.write_text(as_wide(counts(expected(70))), encoding="utf-8")
    return file


def test_a_known_series_is_measured_beside_the_yardsticks(hours: Path) -> None:
    found = json.loads(run(hours, "--freq", "h", "--horizon", "168", "--origins", "2", "--json").stdout)
    assert set(found) == NAMES
    assert found["wape"] < found["mean4_wape"] < found["seasonal_naive_wape"]
    assert found["mase"] < 1
    assert (found["points"], found["training_days"], found["warnings"]) == (336, 56, [])
    assert found["fit_s"] > 0
    assert found["predict_ms"] > 0


def test_wide_and_long_files_give_the_same_figures(hours: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.csv"
    long.write_text(as_long(counts(expected(70))), encoding="utf-8")
    options = ("--freq", "D", "--horizon", "7", "--origins", "2", "--json")
    one, other = (json.loads(run(file, *options).stdout) for file in (hours, long))
    assert (one["wape"], one["coverage_80"]) == (other["wape"], other["coverage_80"])


def test_people_get_a_table(hours: Path) -> None:
    said = run(hours, "--freq", "D", "--horizon", "7", "--origins", "1").stdout
    assert "mean4 wape" in said


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        (
            "t,v\n2026-01-01,3\n2026-01-01,4",
            ("--freq", "D"),
            "Line 3: the timestamp 2026-01-01 00:00 occurs twice",
        ),
        ("t,v\n2026-01-01,-3", ("--freq", "D"), "is no count"),
        (as_wide(counts(expected(7))), ("--freq", "h"), "14 are the least"),
        ("t,v\n" + "\n".join(f"2026-01-{day:02},5" for day in range(1, 32)), ("--freq", "D"), "constant"),
        ("t,v\n2026-01-01,3", ("--freq", "7min"), "no length of a bin"),
    ],
)
def test_a_file_that_is_no_series_ends_with_exit_code_2_and_a_reason(
    tmp_path: Path, text: str, options: tuple[str, ...], problem: str
) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text(text, encoding="utf-8")
    result = run(file, *options, "--horizon", "7", "--origins", "2", "--json")
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stdout == ""


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = run(tmp_path / "none.csv", "--freq", "D", "--horizon", "7")
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr
