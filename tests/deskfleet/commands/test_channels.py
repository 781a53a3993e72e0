"""deskfleet channels, called in this process as the entry point calls it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from deskfleet import cli
from ingestion import chat
from tests.ingestion.channels.platforms import configured
from tests.servers.dovecot import free_port
from tests.servers.web import served
from tests.stubs import facebook_stub, x_stub
from tests.stubs.facebook_stub import FacebookStub
from tests.stubs.vendor_stub import Answer
from tests.stubs.x_stub import XStub

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("list")` → exit code, output, errors."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer sets one of its own.

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["deskfleet", "channels", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return call


def test_every_channel_is_listed_with_what_it_lacks(run: Run) -> None:
    with configured(x_stub.SETTINGS | {"X_ACCESS_TOKEN": "", "PUBLIC_URL": "https://desk.example.com"}):
        code, out, _err = run("list", "--json")
    rows = {row["channel"]: row for row in json.loads(out)}
    assert (code, list(rows)) == (0, ["mail", "web_chat", "x", "facebook", "zendesk", "intercom"])
    assert [name for name, row in rows.items() if row["on"]] == ["mail", "web_chat"]
    assert rows["x"] == {
        "channel": "x",
        "on": False,
        "comes_in_at": "https://desk.example.com/webhooks/x",
        "missing": ["DESKFLEET_X_ACCESS_TOKEN"],
    }
    assert "DESKFLEET_ZENDESK_API_URL" in rows["zendesk"]["missing"]


def test_a_channel_that_has_all_it_needs_is_on(run: Run) -> None:
    with configured(facebook_stub.SETTINGS | x_stub.SETTINGS):
        code, out, _err = run("list")
    lines = {line.split()[0]: line.split()[1] for line in out.splitlines()}
    assert code == 0
    assert (lines["x"], lines["facebook"], lines["intercom"]) == ("yes", "yes", "no")
    assert x_stub.TOKEN not in out


def test_a_connection_that_works_is_told(run: Run) -> None:
    with FacebookStub() as stub, configured(facebook_stub.SETTINGS | {"FACEBOOK_API_URL": stub.url}):
        code, out, _err = run("test", "facebook")
    assert (code, out) == (0, "Facebook lets us in as the page Example Shop (5550001).\n")


def test_a_connection_that_does_not_is_told_with_the_exit_code(run: Run) -> None:
    with XStub() as stub, configured(x_stub.SETTINGS | {"X_API_URL": stub.url}):
        stub.then(Answer(403, {"detail": "This app may not."}), Answer(500))
        code, out, err = run("test", "x")
        assert (code, out) == (1, "")
        assert err.endswith("answered 403: This app may not.\n")
        code, out, _err = run("test", "x", "--json")
    assert code == 1
    assert json.loads(out)["ok"] is False


@pytest.mark.parametrize("name", ["x", "facebook", "zendesk", "intercom"])
def test_a_channel_without_settings_says_which_is_missing(run: Run, name: str) -> None:
    with configured({}):
        code, _out, err = run("test", name)
    assert code == 1
    assert f"DESKFLEET_{name.upper()}_" in err


def test_a_channel_that_is_none_names_those_that_are(run: Run) -> None:
    code, _out, err = run("test", "fax")
    assert code == 1
    assert "mail, web_chat, x, facebook, zendesk, intercom" in err


def test_mail_without_servers_is_kept_in_folders(run: Run, tmp_path: Path) -> None:
    with configured({"DATA": str(tmp_path)}):
        code, out, _err = run("test", "mail", "--json")
    assert (code, json.loads(out)["ok"]) == (0, True)
    assert "mail/in" in out
    with configured({"MAIL_SMTP_URL": f"smtp://127.0.0.1:{free_port()}"}):
        code, _out, err = run("test", "mail")
    assert code == 1
    assert "cannot be used" in err


def test_the_chat_is_asked_at_its_public_address(run: Run) -> None:
    app = FastAPI()
    app.include_router(chat.router)
    with served(app) as url, configured({"PUBLIC_URL": url}):
        assert run("test", "web_chat") == (0, f"The chat answers at {url}/chat.\n", "")
    with configured({"PUBLIC_URL": f"http://127.0.0.1:{free_port()}"}):
        code, _out, err = run("test", "web_chat")
    assert code == 1
    assert "cannot be reached" in err
