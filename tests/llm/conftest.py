"""The three vendors as stubs on loopback, and settings that point at them."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from pydantic import BaseModel, Field

from llm import ask
from runtime.settings import settings
from tests.stubs.anthropic_stub import AnthropicStub
from tests.stubs.openai_stub import OpenAIStub

ANTHROPIC_KEY = "sk-ant-test-0123456789abcdef"
OPENAI_KEY = "sk-test-0123456789abcdef"
TEST_REDIS_URL = os.environ.get("DESKFLEET_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")


class Triage(BaseModel):
    """Where a message belongs."""

    category: str
    confidence: float = Field(ge=0, le=1)


GOOD = {"category": "shipping", "confidence": 0.9}


@dataclass(frozen=True)
class Vendors:
    claude: AnthropicStub
    gpt: OpenAIStub
    ollama: OpenAIStub

    def requests(self) -> tuple[int, int, int]:
        """How many each has received."""
        return len(self.claude.received), len(self.gpt.received), len(self.ollama.received)


Configure = Callable[..., None]


@pytest.fixture
def configure(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Set environment variables and forget what was built from the old ones. No answer is used twice."""

    def apply(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        ask.forget()

    monkeypatch.delenv("DESKFLEET_TEST_REDIS_URL", raising=False)  # For the tests, no setting of the product.
    apply(DESKFLEET_LLM_REUSE_S="0")
    yield apply
    monkeypatch.undo()
    apply()


@pytest.fixture
def vendors(configure: Configure) -> Iterator[Vendors]:
    """All three are configured and answer nothing until they are told to."""
    with AnthropicStub() as claude, OpenAIStub() as gpt, OpenAIStub() as ollama:
        configure(
            ANTHROPIC_API_KEY=ANTHROPIC_KEY,
            DESKFLEET_ANTHROPIC_URL=claude.url,
            DESKFLEET_ANTHROPIC_MODEL="claude-sonnet-4-6",
            OPENAI_API_KEY=OPENAI_KEY,
            DESKFLEET_OPENAI_URL=f"{gpt.url}/v1",
            DESKFLEET_OPENAI_MODEL="gpt-4.1-mini",
            DESKFLEET_COMPATIBLE_URL=f"{ollama.url}/v1",
            DESKFLEET_COMPATIBLE_MODEL="llama3.1",
        )
        yield Vendors(claude, gpt, ollama)
