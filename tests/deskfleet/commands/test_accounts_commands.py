"""The commands for accounts, keys, the audit log and customers, as an operator types them."""

import json
import sys
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from accounts import audit, credentials, users
from deskfleet import cli
from deskfleet.cli import main, told_command
from ingestion import intake
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets.models import Customer


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[int, str]:
    """Exit code, and what was printed."""
    monkeypatch.setattr(sys, "argv", ["deskfleet", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out + told.err


def actions() -> list[tuple[str, str]]:
    with transaction() as session:
        return [(one.action, one.actor) for one in audit.entries(session)]


def test_a_key_is_made_listed_rotated_and_revoked(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _code, printed = run(capsys, monkeypatch, "key", "create", "web shop", "--alert", "500", "--json")
    made = json.loads(printed)
    _code, second = run(capsys, monkeypatch, "key", "rotate", made["id"], "--overlap", "2")
    for secret in (made["key"], second.strip()):
        with transaction() as session:
            assert credentials.by_bearer(session, secret).permissions == {"tickets:create", "tickets:read"}
    listed = json.loads(run(capsys, monkeypatch, "key", "list", "--json")[1])
    assert [(one["id"], one["state"], one["alert_per_hour"]) for one in listed] == [
        ("KEY-2", "valid", 500), ("KEY-1", "replaced", 500),
    ]  # fmt: skip
    assert run(capsys, monkeypatch, "key", "revoke", "KEY-2") == (0, "KEY-2 is revoked.\n")
    code, said = run(capsys, monkeypatch, "key", "rotate", "KEY-2")
    assert (code, "revoked" in said) == (1, True)
    assert [action for action, _actor in actions()] == ["key.revoked", "key.rotated", "key.created"]


def test_a_colleague_is_invited_listed_promoted_and_let_go(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _code, link = run(capsys, monkeypatch, "user", "invite", "bob@example.com", "--role", "manager")
    assert "/console/invitation?token=" in link
    run(capsys, monkeypatch, "user", "create", "carol@example.com", "--role", "admin")
    run(capsys, monkeypatch, "user", "create", "dan@example.com")
    assert run(capsys, monkeypatch, "user", "role", "dan@example.com", "manager")[1] == (
        "dan@example.com is manager now.\n"
    )
    assert run(capsys, monkeypatch, "user", "disable", "dan@example.com")[0] == 0
    listed = json.loads(run(capsys, monkeypatch, "user", "list", "--json")[1])
    assert [one["email"] for one in listed] == ["carol@example.com"]
    assert actions() == [
        ("user.disabled", "command"), ("user.role_changed", "command"), ("user.created", "command"),
        ("user.created", "command"), ("user.invited", "command"),
    ]  # fmt: skip


def test_the_log_is_read_and_narrowed(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, monkeypatch, "key", "create", "web shop")
    with transaction() as session:
        audit.record(session, audit.Action.VIEW, actor="AGENT-1", target="CUST-1", address="203.0.113.7")
    shown = run(capsys, monkeypatch, "audit", "list", "--target", "CUST-1")[1]
    assert ("request.view" in shown, "203.0.113.7" in shown, "key.created" in shown) == (True, True, False)
    [entry] = json.loads(run(capsys, monkeypatch, "audit", "list", "--action", "key", "--json")[1])
    assert (entry["actor"], entry["target"]) == ("command", "KEY-1")
    assert run(capsys, monkeypatch, "audit", "scores")[1] == "Everybody is like themselves.\n"


def test_a_customer_is_exported_and_erased(
    run_jobs: CollectedJobs,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with transaction() as session:
        intake.receive(session, a_message())
    with transaction() as session:
        customer = session.scalars(select(Customer.public_id)).one()
    target = tmp_path / "alice.zip"
    assert run(capsys, monkeypatch, "customers", "export", customer, "--into", str(target))[0] == 0
    assert "customer.json" in zipfile.ZipFile(target).namelist()
    receipt = json.loads(run(capsys, monkeypatch, "customers", "erase", customer, "--yes", "--json")[1])
    assert receipt["erased"]["messages"] == 1
    assert "genuine        yes" in run(capsys, monkeypatch, "customers", "receipt", customer)[1]
    code, said = run(capsys, monkeypatch, "customers", "erase", "CUST-00000000", "--yes")
    assert (code, "There is no customer CUST-00000000" in said) == (1, True)
    assert actions()[:2] == [("customer.erased", "command"), ("customer.exported", "command")]


def test_commands_that_change_something_are_told_and_those_that_fail_are_not(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, monkeypatch, "queues", "add", "billing")[0] == 0
    assert run(capsys, monkeypatch, "queues", "add", "billing")[0] == 1
    run(capsys, monkeypatch, "queues", "list")
    with transaction() as session:
        [entry] = audit.entries(session)
    assert (entry.action, entry.target, "user" in entry.data) == ("command.ran", "queues add", True)


def test_what_is_told_are_commands_that_there_are() -> None:
    assert {one.split()[0] for one in cli.TOLD} <= cli.COMMANDS.keys()
    assert told_command(["knowledge", "add", "--help"]) == ""
    assert told_command(["--json", "knowledge", "add", "folder"]) == "knowledge add"
    assert told_command(["imported"]) == ""


def test_a_password_is_set_or_a_link_made(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, monkeypatch, "user", "create", "bob@example.com")
    made = json.loads(run(capsys, monkeypatch, "user", "password", "bob@example.com", "--json")[1])
    with transaction() as session:
        assert users.log_in(session, "bob@example.com", made["password"], address="-").name
    code, said = run(capsys, monkeypatch, "user", "password", "bob@example.com", "--password", "short")
    assert (code, "shorter than 10" in said) == (1, True)
    code, link = run(capsys, monkeypatch, "user", "password", made["id"], "--link")
    assert (code, "/console/password/reset?token=" in link) == (0, True)
    assert run(capsys, monkeypatch, "user", "password", "nobody@example.com")[0] == 1
    assert ("password.changed", "command") in actions()
