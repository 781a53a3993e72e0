"""The table of qualities: figures beside targets, and what is not measured is not met."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripts import evaluate
from scripts.evaluate import Row, Verdict, line_of, measured, record, rows_of
from tests.evals import quality
from tests.evals.quality import GROUPS, Better, Figures, Group, Target

TARGETS = (Target("right", 0.9), Target("alarms", 0.1, Better.LOWER))


def nothing() -> Figures:
    return {}


def verdicts(figures: Figures) -> list[Verdict]:
    group = Group("a group", nothing, TARGETS)
    return [row.verdict for row in rows_of(group, figures, otherwise=Verdict.FAILED)]


def test_a_target_is_met_at_its_very_value_in_its_own_direction() -> None:
    assert verdicts({"right": 0.9, "alarms": 0.1}) == [Verdict.MET, Verdict.MET]
    assert verdicts({"right": 0.89, "alarms": 0.11}) == [Verdict.MISSED, Verdict.MISSED]


def test_a_figure_that_is_not_there_is_not_met() -> None:
    assert verdicts({"right": 1.0}) == [Verdict.MET, Verdict.FAILED]


def test_without_its_texts_nothing_is_measured_and_nothing_is_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "DATA", tmp_path)
    rows = measured(Group("a group", nothing, TARGETS, needs="email"))
    assert [(row.value, row.verdict) for row in rows] == [(None, Verdict.NO_DATA)] * 2


def test_the_history_gets_a_line_of_what_was_measured(tmp_path: Path) -> None:
    rows = [
        Row("mail", "right", 0.97, "at least 0.9", Verdict.MET),
        Row("guard", "right", None, "at least 0.9", Verdict.NO_DATA),
    ]
    file = tmp_path / "figures.jsonl"
    record(rows, file)
    record(rows, file)
    first, second = (json.loads(line) for line in file.read_text().splitlines())
    assert first == second
    assert first["figures"] == {"mail: right": 0.97}
    assert first["version"]
    assert line_of(rows, at=datetime(2026, 5, 4, tzinfo=UTC))["date"] == "2026-05-04"


def test_a_group_is_measured_in_a_process_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--only", "grounding", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    figures = ("catch_rate", "false_block_rate")
    assert [(row["group"], row["figure"]) for row in rows] == [
        ("grounding", f"{part} {figure}") for part in ("near", "far", "held_out") for figure in figures
    ]
    assert all(row["value"] is not None for row in rows)


def test_a_group_that_ends_with_an_error_is_told_and_costs_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evaluate, "GROUPS", (Group("no such group", nothing, TARGETS),))
    assert evaluate.main([]) == 1
    said = capsys.readouterr()
    assert "2 could not be measured" in said.out
    assert "no such group" in said.err


def test_every_line_of_the_kept_history_can_be_read() -> None:
    known = {f"{group.name}: {target.figure}" for group in GROUPS for target in group.targets}
    lines = [json.loads(line) for line in evaluate.HISTORY.read_text(encoding="utf-8").splitlines()]
    assert lines
    for line in lines:
        assert set(line) == {"date", "version", "figures"}
        assert set(line["figures"]) & known
