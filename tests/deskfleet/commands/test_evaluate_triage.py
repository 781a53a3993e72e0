"""deskfleet evaluate triage and sentiment, called in this process as the entry point calls them."""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deskfleet import cli

Run = Callable[..., tuple[int, str, str]]

_TRAIN = {
    "tent": [
        "my tent leaks",
        "the tent has a hole",
        "a tent pole broke",
        "the tent is wet inside",
        "tent pegs bend",
    ],
    "lamp": [
        "the lamp flickers",
        "my lamp is dark",
        "lamp needs a bulb",
        "the lamp buzzes",
        "a lamp got hot",
    ],
    "boot": [
        "my boots pinch",
        "the boot sole came off",
        "boots in size 42",
        "left boot squeaks",
        "boots are wet",
    ],
}
_TEST = {
    "tent": ["water drips into the tent"], "lamp": ["the lamp stays dark"], "boot": ["my boots hurt"],
    "none": ["who won the chess game in Oslo?", "sing a song about the sea"],
}  # fmt: skip


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets one of its own.

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["deskfleet", "evaluate", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return call


def _file(path: Path, rows: dict[str, list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows((text, label) for label, texts in rows.items() for text in texts)
    return path


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    train, test = _file(tmp_path / "train.csv", _TRAIN), _file(tmp_path / "test.csv", _TEST)
    return [
        "triage",
        "--train",
        str(train),
        "--test",
        str(test),
        "--text-col",
        "text",
        "--label-col",
        "label",
    ]


def test_all_figures_are_printed_as_json(run: Run, files: list[str]) -> None:
    code, out, _err = run(*files, "--oos", "none", "--json")
    figures = json.loads(out)
    assert code == 0
    assert figures["in_scope_accuracy"] == 1.0
    assert figures["oos_recall"] == 1.0
    assert (figures["accuracy"], figures["macro_f1"], figures["n"]) == (1.0, 1.0, 5)
    assert 0 <= figures["ece"] <= 1
    assert figures["p50_ms"] > 0
    assert figures["train_s"] > 0


def test_a_threshold_of_zero_refuses_nothing(run: Run, files: list[str]) -> None:
    figures = json.loads(run(*files, "--oos", "none", "--oos-threshold", "-1", "--json")[1])
    assert figures["oos_recall"] == 0.0
    assert figures["in_scope_accuracy"] == 1.0


def test_without_a_label_for_the_outside_every_text_gets_a_class(run: Run, files: list[str]) -> None:
    figures = json.loads(run(*files, "--json")[1])
    assert figures["oos_recall"] is None
    assert figures["accuracy"] == 0.6


def test_people_get_a_table_of_reliability(run: Run, files: list[str]) -> None:
    _code, out, _err = run(*files, "--oos", "none")
    assert "in_scope_accuracy" in out
    assert "cross_validated_ece" in out
    assert "How honest the confidence is" in out


def test_a_wrong_file_or_threshold_is_named(run: Run, files: list[str], tmp_path: Path) -> None:
    code, _out, err = run(*files, "--oos-threshold", "high")
    assert code != 0
    assert "high is neither auto nor a number" in err
    files[2] = str(tmp_path / "absent.csv")
    assert "absent.csv cannot be read" in run(*files)[2]


def test_moods_are_measured(run: Run, tmp_path: Path) -> None:
    rows = {
        "positive": ["Thank you, great service!", "Danke, alles super!"],
        "neutral": ["Where is the invoice?", "Die Sitzung beginnt um zehn."],
        "Negative": ["Terrible, I am furious.", "Furchtbar, ich bin enttäuscht."],
    }
    file = _file(tmp_path / "moods.csv", rows)
    options = ("sentiment", "--csv", file, "--text-col", "text", "--label-col", "label")
    figures = json.loads(run(*options, "--json")[1])
    assert figures["accuracy"] == figures["macro_f1"] == 1.0
    assert figures["per_label"]["negative"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "n": 2}
    assert figures["p50_ms"] > 0
    assert "macro F1 1.0" in run(*options)[1]


def test_a_label_that_is_no_mood_is_named(run: Run, tmp_path: Path) -> None:
    file = _file(tmp_path / "moods.csv", {"angry": ["Grr"]})
    code, _out, err = run("sentiment", "--csv", file, "--text-col", "text", "--label-col", "label")
    assert code != 0
    assert "'angry' is none of positive, neutral, negative" in err
