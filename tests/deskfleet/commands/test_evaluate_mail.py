"""deskfleet evaluate mail, called in this process as the entry point calls it."""

import json
import sys
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from deskfleet import cli

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("--json", folder)` → exit code, output, errors."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets one of its own.

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["deskfleet", "evaluate", "mail", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return call


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    message = EmailMessage()
    message["From"] = "Alice Miller <alice@example.com>"
    message["To"] = "desk@example.com"
    message["Subject"] = "Meine Stiefel"
    message["Message-ID"] = "<two@example.com>"
    message["References"] = "<one@example.com>"
    message.set_content(
        "Wo bleiben meine Stiefel?\n\nVon meinem iPhone gesendet\n\n"
        "Am 10.11.2026 um 10:00 schrieb Bob <desk@example.com>:\n> Sie kommen morgen.\n"
    )
    message.add_attachment(b"12345", maintype="image", subtype="png", filename="boots.png")
    path = tmp_path / "letters" / "reply.eml"
    path.parent.mkdir()
    path.write_bytes(message.as_bytes())
    return path


def _rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_mail_is_printed_as_one_line_of_json(run: Run, letter: Path) -> None:
    code, out, _err = run("--json", letter)
    [row] = _rows(out)
    quoted = row.pop("quoted_text")
    assert code == 0
    assert row == {
        "file": str(letter),
        "kind": "message",
        "answerable": True,
        "from": "alice@example.com",
        "subject": "Meine Stiefel",
        "message_id": "two@example.com",
        "references": ["one@example.com"],
        "new_text": "Wo bleiben meine Stiefel?",
        "signature": "Von meinem iPhone gesendet",
        "attachments": [{"name": "boots.png", "type": "image/png", "bytes": 5}],
        "language": "de",
        "defects": [],
    }
    assert "> Sie kommen morgen." in quoted


def test_folders_are_read_to_the_bottom_and_each_file_once(run: Run, letter: Path) -> None:
    other = letter.parent / "deep" / "er" / "another"
    other.parent.mkdir(parents=True)
    other.write_bytes(letter.read_bytes())
    _code, out, _err = run("--json", letter.parent.parent, letter)
    assert [row["file"] for row in _rows(out)] == [str(other), str(letter)]


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(run: Run, letter: Path) -> None:
    absent = letter.parent / "absent.eml"
    (letter.parent / "empty.eml").write_bytes(b"")
    code, out, _err = run("--json", absent, letter.parent)
    rows = _rows(out)
    assert code == 1
    assert rows[0] == {"file": str(absent), "error": "There is no such file."}
    assert [("error" in row) for row in rows[1:]] == [True, False]


def test_an_own_address_may_be_named(run: Run, letter: Path) -> None:
    _code, out, _err = run("--json", "--mailbox", "alice@example.com", letter)
    assert _rows(out)[0]["kind"] == "own_mail"


def test_bodies_alone_are_split_as_text_or_html(run: Run, tmp_path: Path) -> None:
    plain = tmp_path / "body.txt"
    plain.write_bytes(
        b"Where is it?\r\n\r\n-- \r\nBob\r\n\r\nOn Tue, 10 Nov 2026, Alice wrote:\r\n> Soon.\r\n"
    )
    page = tmp_path / "body.html"
    page.write_text(
        "<p>Where is it?</p><p>-- <br>Bob</p><blockquote type=cite>On Tue, Alice wrote:<br>Soon.</blockquote>"
    )
    code, out, _err = run("--plain", "--json", plain, page)
    rows = _rows(out)
    assert code == 0
    assert [row["new_text"] for row in rows] == ["Where is it?", "Where is it?"]
    assert [row["signature"].split() for row in rows] == [["--", "Bob"], ["--", "Bob"]]
    assert all(row["quoted_text"].endswith("Soon.") and row["language"] == "en" for row in rows)


def test_people_get_a_table_and_a_count(run: Run, letter: Path) -> None:
    code, out, err = run(letter, letter.parent / "absent.eml")
    assert code == 1
    assert "reply.eml" in out
    assert "Wo bleiben meine Stiefel?" in out
    assert "1 read, 1 could not be read." in out
    assert "absent.eml: There is no such file." in err
