"""deskfleet redact, on files and on standard input."""

import io
import json
import sys
from pathlib import Path

import pytest

from deskfleet import cli

TEXT = "Card 4111 1111 1111 1111, mail alice@example.com, order A-10423"


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str, given: bytes = b"") -> int:
    monkeypatch.setattr(sys, "argv", ["deskfleet", "redact", *arguments])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return int(caught.value.code or 0)


def test_standard_input_comes_back_redacted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, given=TEXT.encode()) == 0
    assert capsys.readouterr().out == "Card [CREDIT_CARD], mail [EMAIL_ADDRESS], order A-10423\n"


def test_a_dash_is_standard_input_and_a_text_can_be_given_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "-", given=TEXT.encode()) == 0
    assert capsys.readouterr().out == "Card [CREDIT_CARD], mail [EMAIL_ADDRESS], order A-10423\n"
    assert call(monkeypatch, "--text", "Write to bob@example.com", "--text", "Hello") == 0
    assert capsys.readouterr().out == "Write to [EMAIL_ADDRESS]\nHello\n"


def test_json_names_kinds_and_spans_and_never_a_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mail.txt"
    file.write_text(TEXT, encoding="utf-8")
    assert call(monkeypatch, "--json", str(file)) == 0
    out = capsys.readouterr().out
    [found] = json.loads(out)
    assert found["counts"] == {"CREDIT_CARD": 1, "EMAIL_ADDRESS": 1}
    assert found["findings"][0] == {"kind": "CREDIT_CARD", "start": 5, "end": 24}
    assert "4111" not in out
    assert "alice" not in out


def test_several_files_follow_one_another(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(f"{name}: {name}@example.com")
    assert call(monkeypatch, str(tmp_path / "a"), str(tmp_path / "b")) == 0
    assert capsys.readouterr().out == "a: [EMAIL_ADDRESS]\nb: [EMAIL_ADDRESS]\n"


def test_what_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "binary").write_bytes(b"ok \xff\xfe")
    assert call(monkeypatch, str(tmp_path / "absent")) == 1
    assert "absent cannot be read" in capsys.readouterr().err
    assert call(monkeypatch, str(tmp_path / "binary")) == 1
    assert "binary is not UTF-8 text (byte 3)" in capsys.readouterr().err
