"""A stubbed Claude that translates, and a database with a German message for it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from llm import ask
from runtime.settings import settings
from tests.stubs.anthropic_stub import AnthropicStub
from tests.stubs.model_stub import Behaviour, Received, ok

GERMAN = "Guten Tag, meine Bestellung ist noch nicht angekommen. Können Sie mir bitte sagen, wo sie ist?"
ENGLISH = "Hello, my order has not arrived yet. Could you please tell me where it is?"


def told(request: Received) -> str:
    """The user part of a request."""
    content = request.body["messages"][-1]["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def system(request: Received) -> str:
    return "".join(part["text"] for part in request.body["system"])


def by(translate: Callable[[str], str]) -> Callable[[Received], Behaviour]:
    """Answers each piece with what `translate` makes of it."""

    def choose(request: Received) -> Behaviour:
        piece = told(request).removeprefix("<customer_message>\n").removesuffix("\n</customer_message>")
        return ok({"text": translate(piece)})

    return choose


def says(answer: Mapping[str, Any] | str = ENGLISH) -> Behaviour:
    return ok({"text": answer} if isinstance(answer, str) else answer)


@contextmanager
def translator(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Iterator[AnthropicStub]:
    """Claude is configured; it answers nothing until it is told to."""
    with AnthropicStub() as claude:
        values = {
            "ANTHROPIC_API_KEY": "sk-ant-test-0123456789abcdef",
            "DESKFLEET_ANTHROPIC_URL": claude.url,
            "DESKFLEET_ANTHROPIC_MODEL": "claude-sonnet-4-6",
            "DESKFLEET_LLM_REUSE_S": "0",
            **variables,
        }
        with monkeypatch.context() as patch:
            for name, value in values.items():
                patch.setenv(name, value)
            _forget()
            yield claude
        _forget()


def _forget() -> None:
    settings.cache_clear()
    ask.forget()
