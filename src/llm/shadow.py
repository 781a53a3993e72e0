"""Thinking about a case in shadow: nothing is written, and what a model said before is said again.

`ask` looks here; `agent_core.replay` sets it.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal

from llm.choices import Choice
from runtime.errors import DeskfleetError


class NotReproducible(DeskfleetError):
    """What happened then cannot be asked again without leaving the shadow; the text says what is missing."""


@dataclass(frozen=True)
class Recorded:
    """An answer as a model once gave it, before it is checked."""

    value: Mapping[str, object]
    provider: str
    model: str
    cost_usd: Decimal
    ms: int


Lookup = Callable[[str, Sequence[Choice]], Recorded | None]


@dataclass(frozen=True)
class Shadow:
    """`recorded` is asked for an answer to the same prompt of one of the models; live, models are called."""

    recorded: Lookup
    is_live: bool = False


_current: ContextVar[Shadow | None] = ContextVar("shadow", default=None)


def current() -> Shadow | None:
    return _current.get()


def refuse(why: str) -> None:
    """Called before what a shadow must not do. Raises NotReproducible in one, and returns otherwise."""
    if _current.get() is not None:
        raise NotReproducible(why)


@contextmanager
def cast(shadow: Shadow) -> Iterator[None]:
    token = _current.set(shadow)
    try:
        yield
    finally:
        _current.reset(token)


def nothing_recorded(key: str, choices: Sequence[Choice]) -> None:
    """A lookup that knows nothing."""
    del key, choices


def key_of(purpose: str, system: str, user: str) -> str:
    """What identical prompts have in common."""
    return hashlib.sha256("\0".join((purpose, system, user)).encode()).hexdigest()
