"""The command line, called in this process as the entry point calls it; two tests start real processes."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer._click.core import Command
from typer.core import TyperGroup

from accounts import credentials, users
from deskfleet import cli
from ingestion import intake
from runtime import database as database_module
from runtime.database import transaction
from runtime.settings import known_variables, settings
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle
from tickets.contracts import Author, Citation, Reason

DESKFLEET = Path(sys.executable).with_name("deskfleet")
HEAVY = ("fastapi", "celery", "numpy", "onnxruntime", "langchain_core", "knowledge.articles", "deskfleet.up")


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """One command as the entry point runs it."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets one of its own.

    def call(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["deskfleet", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, said.out, said.err)

    return call


@pytest.fixture
def ticket_id(run_jobs: CollectedJobs) -> str:
    """An answered ticket with a subject that a terminal could misread."""
    with transaction() as session:
        receipt = intake.receive(
            session, a_message(subject="[/b] Parcel\x1b[31m", text="Where \x1b]0;x\x07is it?")
        )
    source = Citation("ART-1", 1, "Shipping", "/help/shipping", 1, "Three days.")
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(draft="Three days.", citations=(source,)))
    return receipt.public_id


def files(folder: Path, **contents: str | bytes) -> Path:
    for name, content in contents.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def walk(command: Command, *path: str) -> list[tuple[str, ...]]:
    """Every command below this one by its words."""
    if not isinstance(command, TyperGroup):
        return [path]
    names = command.list_commands(None)  # type: ignore[arg-type]  # ours needs no context
    below = [command.get_command(None, name) for name in names]  # type: ignore[arg-type]
    return [
        path,
        *(words for name, one in zip(names, below, strict=True) if one for words in walk(one, *path, name)),
    ]


def test_every_command_explains_itself(run: Run) -> None:
    commands = walk(typer.main.get_command(cli.app))
    assert {words[0] for words in commands if words} == set(cli.COMMANDS)
    assert ("knowledge", "add") in commands
    for words in commands:
        done = run(*words, "--help")
        assert (done.code, done.err) == (0, ""), words
        assert f"Usage: deskfleet {' '.join(words)}".strip() in done.out


def test_help_lists_all_commands_and_loads_none() -> None:
    program = (
        "import sys; from deskfleet.cli import main; sys.argv = ['deskfleet', '--help']\n"
        "try: main()\n"
        f"finally: print('loaded', [name for name in {HEAVY} if name in sys.modules])"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert time.monotonic() - started < 5
    assert done.stdout.splitlines()[-1] == "loaded []"
    for name, (_module, text) in cli.COMMANDS.items():
        assert any(line.split()[:1] == [name] and text in line for line in done.stdout.splitlines()), name


def test_a_wrong_setting_stops_the_real_command_with_one_sentence(database: str) -> None:
    done = subprocess.run(
        [DESKFLEET, "tickets", "list"],
        env={"DESKFLEET_PORT": "many"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("deskfleet: The setting DESKFLEET_PORT is wrong: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("tickets", "fly"),
        ("tickets", "show"),
        ("tickets", "list", "--status", "odd"),
        ("tickets", "list", "--limit", "0"),
        ("tickets", "list", "--nothing"),
        ("user", "create", "a@desk.example", "--role", "king"),
        ("key", "create", "shop", "--days", "999999999"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_is_told_what_is_wrong(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Usage: deskfleet" in done.err
    assert "Traceback" not in done.err


def test_an_unknown_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_PROT", "8000")
    settings.cache_clear()
    done = run("settings")
    assert done == Done(
        1, "", "deskfleet: There is no setting DESKFLEET_PROT. Did you mean DESKFLEET_PORT?\n"
    )


def test_a_database_that_does_not_answer_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    database_module.dispose()
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", "postgresql://postgres:hunter2@127.0.0.1:1/desk")
    settings.cache_clear()
    done = run("tickets", "list")
    settings.cache_clear()
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "is DESKFLEET_DATABASE_URL right?" in done.err
    assert "hunter2" not in done.err


def test_a_ticket_that_is_not_there_is_named(run: Run, database: str) -> None:
    for command in ("tickets", "rules"):
        done = run(command, "show" if command == "tickets" else "explain", "TKT-none")
        assert done == Done(1, "", "deskfleet: There is no ticket TKT-none.\n")


def test_without_tickets_the_list_says_so(run: Run, database: str) -> None:
    assert run("tickets", "list").out == "There are no tickets.\n"
    assert run("tickets", "list", "--json").json == []


def test_tickets_are_listed_and_narrowed(run: Run, ticket_id: str) -> None:
    [listed] = run("tickets", "list", "--json").json
    assert (listed["ticket_id"], listed["status"], listed["owner"]) == (
        ticket_id,
        "waiting_customer",
        "agent",
    )
    assert listed["created_at"][10] == "T"
    assert run("tickets", "list").out.splitlines()[1].split()[:3] == [ticket_id, "waiting_customer", "agent"]
    assert run("tickets", "list", "--status", "waiting_customer", "--json").json == [listed]
    for narrowed in (("--status", "closed"), ("--priority", "critical"), ("--waiting",)):
        assert run("tickets", "list", *narrowed, "--json").json == []


def test_what_a_customer_wrote_does_nothing_to_the_terminal(run: Run, ticket_id: str) -> None:
    listed, shown = run("tickets", "list"), run("tickets", "show", ticket_id)
    assert (listed.code, shown.code) == (0, 0)
    assert "[/b] Parcel" in listed.out
    assert "[/b] Parcel" in shown.out
    assert not set("\x1b\x07") & set(listed.out + shown.out)


def test_a_ticket_is_shown_with_its_conversation_and_sources(run: Run, ticket_id: str) -> None:
    shown = run("tickets", "show", ticket_id, "--json").json
    assert shown["ticket_id"] == ticket_id
    assert [message["author"] for message in shown["messages"]] == [Author.CUSTOMER, Author.AGENT]
    assert shown["reply"]["citations"][0]["url"] == "/help/shipping"
    assert "[Shipping] /help/shipping" in run("tickets", "show", ticket_id).out


def test_the_rules_are_explained(run: Run, run_jobs: CollectedJobs) -> None:
    with transaction() as session:
        receipt = intake.receive(session, a_message(text="I will call my lawyer and sue you."))
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL))
    explained = run("rules", "explain", receipt.public_id, "--json").json
    assert (explained["recorded_reason"], explained["reason"]) == ("legal", "legal")
    legal = next(rule for rule in explained["rules"] if rule["reason"] == "legal")
    assert legal["applies"]
    assert "lawyer" in legal["because"]
    assert "Recorded: legal. Now: legal." in run("rules", "explain", receipt.public_id).out


def test_articles_are_added_found_and_listed(run: Run, database: str, tmp_path: Path) -> None:
    folder = files(tmp_path, shipping_md="# Shipping\n\nStandard shipping takes three to five business days.")
    [added] = run("knowledge", "add", str(folder), "--json").json["added"]
    assert (added["title"], added["chunks"], added["change"]) == ("Shipping", 1, "added")
    assert run("knowledge", "add", str(folder), "--json").json["added"][0]["change"] == "unchanged"
    [listed] = run("knowledge", "list", "--json").json
    assert (listed["article"], listed["version"]) == (added["article"], 1)
    found = run("knowledge", "search", "How long does standard shipping take?", "--json").json
    assert found[0]["title"] == "Shipping"
    assert found[0]["relevance"] > 0.5
    assert "three to five" in run("knowledge", "search", "How long does standard shipping take?").out
    assert "Nothing answers this question." in run("knowledge", "search", "Who won the cup in 1954?").out


def test_a_file_that_is_no_text_is_named_and_the_rest_is_added(
    run: Run, database: str, tmp_path: Path
) -> None:
    folder = files(
        tmp_path,
        a_md=b"\x89PNG\x00\x00",
        b_md="# Refunds\n\nWithin 30 days.",
        c_pdf=b"%PDF-1.7",
        d_txt="x" * 2_000_001,
        e_md="# Returns\n\nFor free.",
    )
    done = run("knowledge", "add", str(folder), "--json")
    assert done.code == 1
    assert [one["title"] for one in done.json["added"]] == ["Refunds", "Returns"]
    assert [Path(one["file"]).name for one in done.json["refused"]] == ["a.md", "c.pdf", "d.txt"]
    again = run("knowledge", "add", str(folder))
    assert again.code == 1
    assert again.err.splitlines()[0] == f"refused: {folder}/a.md is no text: it holds zero bytes."
    assert [one["title"] for one in run("knowledge", "list", "--json").json] == ["Refunds", "Returns"]


def test_a_path_that_is_not_there_is_named(run: Run, database: str, tmp_path: Path) -> None:
    done = run("knowledge", "add", str(tmp_path / "nowhere.md"))
    assert done == Done(1, "", f"deskfleet: {tmp_path}/nowhere.md does not exist.\n")


def test_learning_waits_for_the_night_unless_told(run: Run, ticket_id: str) -> None:
    assert run("knowledge", "learn").code == 1
    report = run("knowledge", "learn", "--now", "--json").json
    assert report["learned"] == 0
    assert "learned 0" in run("knowledge", "learn", "--now").out


def test_an_account_gets_a_password_that_is_printed_once(run: Run, database: str) -> None:
    created = run("user", "create", "Bob@desk.example", "--name", "Bob", "--role", "manager", "--json").json
    assert (created["email"], created["role"]) == ("bob@desk.example", "manager")
    with transaction() as session:
        user = users.log_in(session, "bob@desk.example", created["password"], address="203.0.113.7")
    assert user.public_id == created["id"]
    again = run("user", "create", "bob@desk.example")
    assert again == Done(1, "", "deskfleet: There is an account for bob@desk.example already.\n")


def test_a_chosen_password_is_not_printed(run: Run, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFF_PASSWORD", "correct horse battery")
    assert "password" not in run("user", "create", "bob@desk.example", "--json").json
    monkeypatch.setenv("STAFF_PASSWORD", "short")
    done = run("user", "create", "carol@desk.example")
    assert done == Done(1, "", "deskfleet: The password is shorter than 10 characters.\n")


def test_a_key_opens_what_its_scopes_say(run: Run, database: str) -> None:
    created = run("key", "create", "shop", "--scope", "tickets:read", "--days", "30", "--json").json
    bare = run("key", "create", "shop").out.strip()
    with transaction() as session:
        assert credentials.by_bearer(session, created["key"]).permissions == {"tickets:read"}
        assert credentials.by_bearer(session, bare).permissions == {"tickets:create", "tickets:read"}
    refused = run("key", "create", "shop", "--scope", "everything")
    assert (refused.code, refused.out) == (1, "")
    assert "Unknown scope ['everything']" in refused.err


def test_settings_are_listed_with_their_meaning_and_without_secrets(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", "postgresql://desk:hunter2@db.example.com/desk")
    monkeypatch.setenv(
        "DESKFLEET_MAIL_IMAP_URL", "imaps://me%40example.com:p@ss:w@rd@imap.example.com:993/INBOX"
    )
    monkeypatch.setenv("DESKFLEET_REDIS_URL", "redis://:hunter2@redis.example.com:6379/0")
    monkeypatch.setenv("DESKFLEET_BROKER_URL", "amqp://broker.example.com/%2F")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-hunter2")
    settings.cache_clear()
    listed = {one["setting"]: one["value"] for one in run("settings", "--json").json}
    table = run("settings").out
    settings.cache_clear()
    assert sorted(listed) == known_variables()
    assert listed["DESKFLEET_DATABASE_URL"] == "postgresql://desk:***@db.example.com/desk"
    assert listed["DESKFLEET_MAIL_IMAP_URL"] == "imaps://me%40example.com:***@imap.example.com:993/INBOX"
    assert listed["DESKFLEET_REDIS_URL"] == "redis://:***@redis.example.com:6379/0"
    assert listed["DESKFLEET_BROKER_URL"] == "amqp://broker.example.com/%2F"
    assert (listed["ANTHROPIC_API_KEY"], listed["OPENAI_API_KEY"]) == ("set", "unset")
    assert "Port to listen on." in table
    assert "hunter2" not in table


def test_the_schema_is_brought_up_to_date(run: Run, database: str) -> None:
    assert run("migrate") == Done(0, "The schema is up to date.\n", "")
