"""deskfleet import, called as the entry point calls it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deskfleet import cli
from tests.ingestion.history.exports import ROW, lines_of, put, row, rows, table
from tests.ingestion.history.test_zendesk_export import ALICE, CAROL, COMMENTS, TICKET

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code and what was printed."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets one of its own.

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["deskfleet", "import", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return call


def stored() -> int:
    return int(rows("select count(*) from tickets")[0][0])


def test_a_file_is_imported_and_counted(run: Run, database: str, tmp_path: Path) -> None:
    code, out, err = run(put(tmp_path, "a.csv", table(ROW)))
    assert (code, err) == (0, "")
    assert out.splitlines()[1].split()[1:6] == ["csv", "1", "0", "0", "0"]
    [again] = json.loads(run(tmp_path / "a.csv", "--json")[1])
    assert (again["stored"], again["duplicates"], again["rejects"]) == (0, 1, "")


def test_rejects_make_the_exit_code_1_and_their_file_is_named(
    run: Run, database: str, tmp_path: Path
) -> None:
    path = put(tmp_path, "a.csv", table(ROW, row(2, status="odd")))
    code, _out, err = run(path)
    assert code == 1
    assert err == f"Rejects, with line and reason: {path}.rejects.jsonl\n"
    folder = tmp_path / "folder"
    folder.mkdir()
    assert run(path, "--rejects", folder)[0] == 1
    assert (folder / "a.csv.rejects.jsonl").exists()
    assert run(path, "--rejects", tmp_path / "mine")[2].endswith("/mine\n")


def test_a_dry_run_shows_and_stores_nothing(run: Run, database: str, tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", table(ROW, row(2, status="odd"), row(3, "Red \x1b[31m text")))
    code, out, err = run(path, "--dry-run")
    assert (code, err, stored()) == (1, "", 0)
    assert "question     question" in out
    assert "Would be stored: 2, skipped: 0, rejected: 1." in out
    assert "The status 'odd' is unknown" in out
    assert "\x1b" not in out
    assert not (tmp_path / "a.csv.rejects.jsonl").exists()
    [shown] = json.loads(run(path, "--dry-run", "--json", "--limit", "1")[1])
    assert (shown["format"], shown["would_store"], shown["rejected"]) == ("csv", 1, 0)
    assert shown["first"][0]["customer"] == "Alice@Example.com"


def test_a_missing_column_is_told_with_those_that_are_there(run: Run, database: str, tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "Nr;Frage\n1;Hallo?\n")
    code, out, err = run(path)
    assert (code, out) == (1, "")
    assert err.startswith(
        "deskfleet: No column holds the question. The columns are: Nr, Frage. Name it with --map"
    )
    assert run(path, "--map", "Frage=question", "--map", "Nr=customer")[0] == 0


def test_a_map_file_and_the_other_desks_name_are_taken(run: Run, database: str, tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "Kunde;Frage;Stand\na@example.com;Hallo?;Läuft\n")
    own = put(
        tmp_path,
        "map.toml",
        '[columns]\nKunde = "customer"\nFrage = "question"\nStand = "status"\n[status]\n"Läuft" = "open"\n',
    )
    assert run(path, "--map-file", own, "--source", "old desk", "--open")[0] == 0
    assert rows("select status, owner, metadata ->> 'imported_from' from tickets") == [
        ("open", "staff", "old desk")
    ]


def test_parts_of_an_export_are_imported_together(run: Run, database: str, tmp_path: Path) -> None:
    bare = {name: value for name, value in TICKET.items() if name != "comments"}
    tickets = put(tmp_path, "tickets.jsonl", lines_of([bare]))
    comments = put(tmp_path, "comments.jsonl", lines_of([{"ticket_id": 5, **one} for one in COMMENTS]))
    users = put(tmp_path, "users.jsonl", lines_of([ALICE, CAROL]))
    code, out, _err = run(tickets, comments, users, "--format", "zendesk", "--json")
    assert (code, [one["stored"] for one in json.loads(out)]) == (0, [1])
    assert rows("select count(*) from messages") == [(4,)]
    code, _out, err = run(comments, "--format", "zendesk")
    assert (code, err) == (1, "deskfleet: The files hold no tickets; is it another --format?\n")


def test_several_files_need_a_folder_for_their_rejects(run: Run, database: str, tmp_path: Path) -> None:
    first, second = (put(tmp_path, name, table(row(place))) for place, name in enumerate(("a.csv", "b.csv")))
    code, _out, err = run(first, second, "--rejects", tmp_path / "one")
    assert code == 1
    assert "name a folder" in err
    assert run(first, second)[0] == 0
    assert stored() == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "", "is empty."),
        ("a.txt", "Hello", "cannot be told: name it with --format."),
        ("a.jsonl", "{broken\n", "holds no JSON objects"),
        ("a.mbox", "Hello", "This is no mbox"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    run: Run, database: str, tmp_path: Path, name: str, content: str, said: str
) -> None:
    code, out, err = run(put(tmp_path, name, content))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err
    assert run(tmp_path / "nowhere")[2] == f"deskfleet: {tmp_path}/nowhere does not exist.\n"


def test_a_format_that_is_none_is_a_wrong_command(run: Run, tmp_path: Path) -> None:
    code, out, err = run(put(tmp_path, "a.csv", table(ROW)), "--format", "pdf")
    assert (code, out) == (2, "")
    assert "pdf is not one of csv, jsonl, mbox, zendesk, intercom, auto" in " ".join(
        err.replace("│", "").split()
    )


def test_a_stopped_import_says_that_it_goes_on(run: Run, database: str, tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", table(row(1), row(2)))
    stopped: list[dict[str, Any]] = json.loads(run(path, "--limit", "1", "--json")[1])
    assert (stopped[0]["finished"], stopped[0]["stored"]) == (False, 1)
    _code, _out, err = run(path)
    assert err == "Gone on after 1 records of an import that was stopped.\n"
    assert stored() == 2
