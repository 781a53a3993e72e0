"""deskfleet knowledge: a folder is kept in step with the memory."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deskfleet.commands.knowledge import knowledge
from knowledge.retrieval import search
from runtime.errors import InvalidInput, NotFound
from tests.knowledge.pdf_files import a_pdf, contains_itself

QUESTION = "How long does the delivery take?"


def run(*arguments: str, exit_code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(knowledge, [*arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == exit_code, done.output
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "delivery.md").write_text("# Delivery\n\nThe delivery takes three days.")
    (tmp_path / "returns.md").write_text("# Returns\n\nAn item can be sent back within a month.")
    return tmp_path


def test_what_vanished_from_the_folder_is_not_found_any_more(folder: Path, database: str) -> None:
    assert [one["change"] for one in run("sync", str(folder))["added"]] == ["added", "added"]
    assert search(QUESTION)[0].title == "Delivery"
    (folder / "delivery.md").unlink()
    again = run("sync", str(folder))
    assert [one["change"] for one in again["added"]] == ["unchanged"]
    assert [one["title"] for one in again["withdrawn"]] == ["Delivery"]
    assert search(QUESTION) == []
    assert run("sync", str(folder))["withdrawn"] == []


def test_a_file_that_cannot_be_read_any_more_keeps_its_article(folder: Path, database: str) -> None:
    run("sync", str(folder))
    (folder / "delivery.md").write_bytes(b"\0")
    broken = run("sync", str(folder), exit_code=1)
    assert "it holds zero bytes" in broken["refused"][0]["error"]
    assert broken["withdrawn"] == []
    assert search(QUESTION)[0].title == "Delivery"


def test_an_empty_folder_withdraws_nothing(folder: Path, database: str) -> None:
    run("sync", str(folder))
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(InvalidInput, match="holds no file; nothing was withdrawn"):
        run("sync", str(folder))
    with pytest.raises(InvalidInput, match="is no folder"):
        run("sync", str(folder / "absent"))
    assert search(QUESTION)[0].title == "Delivery"


def test_a_folder_that_links_to_itself_is_read_once(folder: Path, database: str) -> None:
    (folder / "again").symlink_to(folder, target_is_directory=True)
    (folder / "round.md").symlink_to(folder / "round.md")
    assert len(run("sync", str(folder))["added"]) == 2


def test_other_folders_are_left_alone(
    folder: Path, database: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "warranty.md").write_text("# Warranty\n\nThe warranty is two years.")
    run("add", str(folder))
    assert run("sync", str(other))["withdrawn"] == []
    assert search(QUESTION)[0].title == "Delivery"


def test_files_that_cannot_be_read_are_listed_and_the_others_are_added(folder: Path, database: str) -> None:
    (folder / "handbook.pdf").write_bytes(a_pdf([["The warranty is two years."]], title="Handbook"))
    (folder / "cyclic.pdf").write_bytes(contains_itself())
    (folder / "empty.md").write_bytes(b"")
    (folder / "picture.md").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    report = run("add", str(folder), exit_code=1)
    assert [one["title"] for one in report["added"]] == ["Delivery", "Handbook", "Returns"]
    assert [Path(one["file"]).name for one in report["refused"]] == ["cyclic.pdf", "empty.md", "picture.md"]
    for name, reason in (("cyclic.pdf", "is broken"), ("empty.md", "is empty"), ("picture.md", "is no text")):
        assert any(f"{name} {reason}" in one["error"] for one in report["refused"])
    assert search("How long is the warranty?")[0].title == "Handbook"

    told = CliRunner().invoke(knowledge, ["add", str(folder)])
    assert told.exit_code == 1
    assert told.stderr.count("refused: ") == 3


def test_an_article_is_shown_with_its_versions(folder: Path, database: str) -> None:
    public_id = run("add", str(folder / "delivery.md"))["added"][0]["article"]
    (folder / "delivery.md").write_text("# Delivery\n\nThe delivery takes nine days.")
    run("add", str(folder))
    shown = run("show", public_id)
    assert (shown["title"], shown["version"], [one["version"] for one in shown["versions"]]) == (
        "Delivery",
        2,
        [2, 1],
    )
    assert "nine days" in shown["body"]
    assert "three days" in run("show", public_id, "--version", "1")["body"]
    printed = CliRunner().invoke(knowledge, ["show", public_id]).stdout
    assert "audience: public" in printed
    assert "The delivery takes nine days." in printed
    with pytest.raises(NotFound, match="has no version 3"):
        run("show", public_id, "--version", "3")
