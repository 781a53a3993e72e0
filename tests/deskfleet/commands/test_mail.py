"""deskfleet mail …, called as the entry point calls it."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deskfleet import cli
from ingestion import mailboxes
from ingestion.mail.receiving import park_mail, receive_mail
from ingestion.mailboxes import Position
from runtime.database import transaction
from tests.ingestion.mail.desk import Configure, configuring, counts
from tests.ingestion.mail.letters import a_mail
from tests.jobs import CollectedJobs
from tests.servers.dovecot import free_port
from tests.servers.smtp import running_smtp


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Run:
    """`deskfleet mail …` on an empty database."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets one of its own.

    def call(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["deskfleet", "mail", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        sys.stdout.flush()
        said = capfdbinary.readouterr()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, said.out.decode(), said.err.decode())

    return call


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    with configuring(tmp_path / "data") as change:
        yield change


def _park(raw: bytes, uid: int = 1) -> None:
    receive_mail(raw, Position("folder", 0, uid), with_cursor=False)


def test_the_mailboxes_are_listed_with_how_they_fare(run: Run, configure: Configure) -> None:
    [never] = run("boxes", "--json").json
    assert (never["name"], never["state"], never["last_fetched"], never["parked"]) == (
        "default", "never read", None, 0,
    )  # fmt: skip
    _park(b"\x01 no mail")
    with transaction() as session:
        mailboxes.note_fetched(session, "folder")
    [read] = run("boxes", "--json").json
    assert (read["state"], read["parked"], read["failures"]) == ("read", 1, 0)
    with transaction() as session:
        mailboxes.note_failure(session, "folder", "a\x1b[31m line that broke")
    shown = run("boxes").out
    assert "failing" in shown
    assert "line that broke" in shown
    assert "\x1b" not in shown
    [failing] = run("boxes", "--json").json
    assert failing["last_fetched"] == read["last_fetched"]
    assert failing["failing_since"]


def test_the_settings_of_a_mailbox_are_tried(run: Run, configure: Configure) -> None:
    assert run("test", "default").code == 0
    with running_smtp() as smtp:
        configure(MAIL_SMTP_URL=smtp.url, MAIL_IMAP_URL=f"imap://a:b@127.0.0.1:{free_port()}")
        tried = run("test", "default", "--json")
    assert tried.code == 1
    assert [(one["about"], one["ok"]) for one in tried.json] == [("imap", False), ("smtp", True)]
    unknown = run("test", "sales")
    assert (unknown.code, "There is no mailbox 'sales'; there are: default." in unknown.err) == (1, True)


def test_parked_mails_are_listed_without_what_steers_a_terminal(run: Run, configure: Configure) -> None:
    assert run("parked", "list").out == "No mail is parked.\n"
    _park(a_mail(Auto_Submitted="auto-replied", Subject="=?utf-8?q?R=C3=A9ponse_=1B[31m?="))
    shown = run("parked", "list").out
    assert "Alice Miller <alice@example.org>" in shown
    assert "Réponse" in shown
    assert "\x1b" not in shown
    [row] = run("parked", "list", "--mailbox", "default", "--json").json
    assert (row["id"], row["mailbox"], row["reason"]) == (1, "default", "not answered: auto_reply")
    assert row["parked_at"]


def test_a_parked_mail_is_shown_with_its_source(run: Run, configure: Configure) -> None:
    raw = a_mail("steer\x1b[2J me", Auto_Submitted="auto-replied") + b"\xff" * 30_000
    _park(raw)
    shown = run("parked", "show", "1")
    assert "not answered: auto_reply" in shown.out
    assert "Auto-Submitted: auto-replied" in shown.out
    assert "\x1b" not in shown.out
    assert "more bytes: --raw prints all" in shown.out
    assert run("parked", "show", "1", "--json").json["size"] == len(raw)
    assert run("parked", "show", "7").code == 1


def test_the_source_is_given_byte_for_byte(
    run: Run, configure: Configure, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = a_mail("café \x1b[2J").replace(b"caf\xc3\xa9", b"caf\xe9")
    park_mail(raw, Position("folder", 0, 1), "too strange", with_cursor=False)
    monkeypatch.setattr(sys, "argv", ["deskfleet", "mail", "parked", "show", "1", "--raw"])
    with pytest.raises(SystemExit):
        cli.main()
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == raw


def test_parked_mails_are_retried_and_leave_the_list(run: Run, configure: Configure) -> None:
    _park(a_mail("away", Auto_Submitted="auto-replied"))
    _park(b"\x01 no mail", 2)
    refused = run("parked", "retry", "1", "2")
    assert refused.code == 1
    assert "1  still parked: not answered: auto_reply" in refused.out
    forced = run("parked", "retry", "1", "2", "--force", "--json")
    assert forced.code == 1
    assert forced.json[0]["ticket"].startswith("TKT-")
    assert forced.json[1] == {"id": 2, "ticket": None, "reason": "This is no mail: it has no headers."}
    again = run("parked", "retry", "1", "--json")
    assert (again.code, again.json[0]["ticket"]) == (0, forced.json[0]["ticket"])
    assert counts() == (1, 1, 2)
    assert [row["id"] for row in run("parked", "list", "--json").json] == [2]
    assert [row["ticket"] for row in run("parked", "list", "--all", "--json").json] == [
        "", forced.json[0]["ticket"],
    ]  # fmt: skip


def test_a_parked_mail_is_dropped_once(run: Run, configure: Configure) -> None:
    _park(b"\x01 no mail")
    assert run("parked", "drop", "1").out == "Dropped 1.\n"
    assert counts() == (0, 0, 0)
    assert run("parked", "drop", "1").err == "deskfleet: There is no parked mail 1.\n"
