"""Tools that a model may call, and the loop that lets it, which is imported when a model for it is configured."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from llm import choices
from llm.ask import Prompt
from llm.choices import Choice, Provider
from llm.purposes import Purpose


@dataclass(frozen=True)
class Tool:
    """What a model may call. `run` gets valid arguments and returns what the model reads; it does not raise."""

    name: str
    description: str
    arguments: type[BaseModel]
    run: Callable[[Any], str]


@dataclass(frozen=True)
class Told:
    """How a loop ended. Tokens and cost are of all its calls, failed ones too."""

    text: str
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    attempts: tuple[str, ...]


def can_run() -> bool:
    """Whether a model with tools is configured."""
    return bool(with_tools())


def with_tools() -> list[Choice]:
    """Compatible servers differ too much in how they call tools."""
    return [one for one in choices.configured() if one.provider is not Provider.COMPATIBLE]


def run(purpose: Purpose, prompt: Prompt, tools: Sequence[Tool]) -> Told | None:
    """Let the first provider that can do it call the tools; None when none could."""
    told: Told | None = importlib.import_module("llm.tool_loop").run(purpose, prompt, tools)
    return told
