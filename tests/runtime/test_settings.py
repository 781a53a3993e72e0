"""A wrong setting stops the start with one sentence that names it."""

import pytest

from runtime.errors import SettingError
from runtime.settings import known_variables, settings


@pytest.fixture(autouse=True)
def _fresh() -> None:
    settings.cache_clear()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DESKFLEET_PORT", "many"),
        ("DESKFLEET_PORT", "70000"),
        ("DESKFLEET_DATABASE_URL", "mysql://x"),
        ("DESKFLEET_BROKER_URL", "redis://x"),
        ("DESKFLEET_AGENT_MIN_CONFIDENCE", "1.5"),
        ("DESKFLEET_MAIL_IMAP_URL", "imap.example.com"),
        ("DESKFLEET_MAIL_SMTP_URL", "smtps+starttls://smtp.example.com:587"),
        ("DESKFLEET_LOG_LEVEL", "LOUD"),
        ("DESKFLEET_ANTHROPIC_URL", "api.example.com"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError, match=f"The setting {variable} is wrong") as caught:
        settings()
    assert caught.value.detail.count("\n") == 0


def test_an_unknown_setting_is_named_with_its_likely_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_PROT", "8000")
    with pytest.raises(SettingError, match=r"no setting DESKFLEET_PROT\. Did you mean DESKFLEET_PORT\?"):
        settings()


def test_an_empty_value_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_PORT", "")
    assert settings().web.port == 8000


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-very-secret")
    settings.cache_clear()
    assert "very-secret" not in repr(settings())


def test_every_setting_has_one_variable() -> None:
    names = known_variables()
    assert len(names) == len(set(names))
    assert {"DESKFLEET_DATA", "DESKFLEET_PORT", "ANTHROPIC_API_KEY"} <= set(names)


@pytest.mark.parametrize(
    ("given", "missing"),
    [("KEY", "DESKFLEET_KNOWLEDGE_PINECONE_HOST"), ("HOST", "DESKFLEET_KNOWLEDGE_PINECONE_KEY")],
)
def test_the_store_pinecone_needs_its_host_and_its_key(
    monkeypatch: pytest.MonkeyPatch, given: str, missing: str
) -> None:
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_STORE", "pinecone")
    monkeypatch.setenv(f"DESKFLEET_KNOWLEDGE_PINECONE_{given}", "https://index.example.com")
    sentence = f"The setting {missing} is wrong: it is not set, and the store pinecone needs it."
    with pytest.raises(SettingError) as caught:
        settings()
    assert caught.value.detail == sentence


def test_pinecones_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_PINECONE_KEY", "pcsk-very-secret")
    settings.cache_clear()
    assert "very-secret" not in repr(settings())
