"""deskfleet evaluate grounding, called in this process as the entry point calls it."""

import json
import sys
from pathlib import Path

import pytest

from deskfleet import cli

PASSAGE = "Orders over $50 ship for free. Gift cards cannot be returned."


def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets one of its own.
    monkeypatch.setattr(sys, "argv", ["deskfleet", "evaluate", "grounding", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, said.out, said.err


def written(path: Path, *rows: dict[str, object] | str) -> Path:
    path.write_text(
        "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8"
    )
    return path


def row(reply: str, *, supported: bool, **more: object) -> dict[str, object]:
    return {"reply": reply, "passages": [PASSAGE], "supported": supported, **more}


def test_caught_and_blocked_replies_are_counted_in_all_and_per_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = written(
        tmp_path / "cases.jsonl",
        row("Hello Alice, your order ships for free if it is over $50.", supported=True),
        row("Our florist delivers roses on Sundays.", supported=True, kind="mislabelled"),
        row("Orders over $60 ship for free.", supported=False, kind="amount", language="en"),
        row("Gift cards can be returned.", supported=False, kind="negation"),
        "",
        row("Gift cards cannot be returned.", supported=False, kind="negation"),
    )
    code, out, _err = call(monkeypatch, capsys, "--cases", cases, "--json")
    figures = json.loads(out)
    assert code == 0
    assert (figures["catch_rate"], figures["false_block_rate"], figures["n"]) == (0.6667, 0.5, 5)
    assert figures["by_kind"]["negation"] == {"catch_rate": 0.5, "false_block_rate": None, "n": 2}
    assert set(figures["by_kind"]) == {"amount", "mislabelled", "negation", "other"}


def test_a_reply_without_any_passage_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = {"reply": "Orders over $50 ship for free.", "passages": [], "supported": False}
    _code, out, _err = call(monkeypatch, capsys, "--cases", written(tmp_path / "cases.jsonl", case))
    assert json.loads(out)["catch_rate"] == 1.0


def test_people_get_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = written(
        tmp_path / "cases.jsonl", row("Orders over $60 ship for free.", supported=False, kind="amount")
    )
    code, out, _err = call(monkeypatch, capsys, "--cases", cases, "--table")
    assert code == 0
    assert "amount" in out
    assert "1.0" in out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"reply": "Hello.", "supported": true}', "line 2: passages: Field required"),
        ('{"reply": "Hello.", "passages": [], "supported": "yes"}', "line 2: supported"),
        ("{", "line 2"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(
    line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = row("Orders over $50 ship for free.", supported=True)
    code, out, err = call(monkeypatch, capsys, "--cases", written(tmp_path / "cases.jsonl", good, line))
    assert code == 1
    assert said in err
    assert not out


def test_an_absent_or_empty_file_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _out, err = call(monkeypatch, capsys, "--cases", tmp_path / "absent.jsonl")
    assert (code, "cannot be read" in err) == (1, True)
    code, _out, err = call(monkeypatch, capsys, "--cases", written(tmp_path / "empty.jsonl"))
    assert (code, "There is no case." in err) == (1, True)
