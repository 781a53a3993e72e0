"""What stops a process before anything of it starts."""

from pathlib import Path

import pytest

from deskfleet.checks import Process, check_settings
from runtime.errors import SettingError
from runtime.settings import settings


@pytest.fixture(autouse=True)
def _a_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/%2F")
    settings.cache_clear()


@pytest.mark.parametrize("process", Process)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DESKFLEET_MAIL_IMAP_URL", "imaps://user@mail.example.com"),
        ("DESKFLEET_MAIL_SMTP_URL", "smtps+starttls://mail.example.com:587"),
        ("DESKFLEET_MAIL_SMTP_URL", "smtp://"),
        ("DESKFLEET_AGENT_SHOP_FILE", "/nowhere/shop.json"),
        ("DESKFLEET_AGENT_MODES", "nothing=off"),
        ("DESKFLEET_AGENT_CATEGORY_CONFIDENCE", "shipping=much"),
        ("DESKFLEET_AGENT_STEPS", "guard,hope"),
        ("DESKFLEET_AGENT_RULES_FILE", "/nowhere/rules.toml"),
        ("DESKFLEET_KNOWLEDGE_MODEL_FOLDER", "/nowhere"),
        ("DESKFLEET_SECRET_KEY", "hunter2"),
        ("DESKFLEET_RETIRED_SECRET_KEYS", "hunter2"),
    ],
)
def test_a_setting_that_cannot_work_is_named(
    monkeypatch: pytest.MonkeyPatch, process: Process, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError, match=f"The setting {variable} is wrong") as caught:
        check_settings(process)
    assert "\n" not in caught.value.detail
    assert "hunter2" not in caught.value.detail


@pytest.mark.parametrize("process", [one for one in Process if one is not Process.UP])
def test_processes_of_their_own_need_a_broker(monkeypatch: pytest.MonkeyPatch, process: Process) -> None:
    check_settings(process)
    monkeypatch.delenv("DESKFLEET_BROKER_URL")
    settings.cache_clear()
    with pytest.raises(SettingError, match=f"deskfleet {process} needs a broker .* deskfleet up"):
        check_settings(process)


def test_everything_in_one_process_needs_no_setting_and_makes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DESKFLEET_BROKER_URL")
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path / "data"))
    settings.cache_clear()
    check_settings(Process.UP)
    assert not (tmp_path / "data").exists()
