"""Which language a message is in, and whether anything can translate it."""

import subprocess
import sys

import pytest

from console.message_languages import customer_language, has_model, language_code
from runtime.language import LANGUAGES
from runtime.settings import ConsoleSettings, settings
from tickets.models import Message, Ticket


def said(text: str, *, author: str = "customer", kind: str = "inbound") -> Message:
    return Message(text=text, author=author, kind=kind)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    settings.cache_clear()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Wo ist meine Bestellung? Ich warte schon lange.", "de"),
        ("注文した商品はまだ届いていません。", "ja"),
        ("أين طلبي؟ لم يصل بعد.", "ar"),
        ("Hej, var är mitt paket? Jag har väntat länge på det nu.", "sv"),
        ("ok", ""),
        ("12345", ""),
        ("", ""),
    ],
)
def test_a_language_is_named_where_it_can_be_told(text: str, code: str) -> None:
    assert language_code(text) == code


def test_the_customers_language_is_that_of_the_newest_message_that_tells_it() -> None:
    ticket = Ticket(language="en")
    messages = [
        said("Where is my order? I have waited for a week."),
        said("Wo ist meine Bestellung? Ich warte schon lange."),
        said("Bonjour, je ne sais pas, merci de patienter.", author="staff", kind="outbound"),
        said("Je suis absent du bureau et je reviens lundi.", kind="notice"),
        said("ok"),
    ]
    assert customer_language(ticket, messages) == "de"
    assert customer_language(ticket, messages[-1:]) == "en"


@pytest.mark.parametrize(
    ("variables", "there"),
    [
        ({}, False),
        ({"ANTHROPIC_API_KEY": "sk-ant"}, True),
        ({"OPENAI_API_KEY": "sk"}, True),
        ({"DESKFLEET_COMPATIBLE_URL": "http://127.0.0.1:1"}, False),
        ({"DESKFLEET_COMPATIBLE_URL": "http://127.0.0.1:1", "DESKFLEET_COMPATIBLE_MODEL": "llama"}, True),
    ],
)
def test_the_settings_tell_whether_anything_can_translate(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], there: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    assert has_model() is there
    settings.cache_clear()


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_may_read_any_language_that_is_served(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("DESKFLEET_CONSOLE_LANGUAGE", language)
    assert ConsoleSettings().language == language


def test_the_console_loads_no_model_code() -> None:
    code = (
        "import sys, console.pages; heavy = ('langchain', 'anthropic', 'openai', 'agent_core'); "
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
