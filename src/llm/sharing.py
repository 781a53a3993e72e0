"""Equal questions are asked once: those that wait share one answer, and a fresh answer is used again.

Per process. Equal means the same purpose and prompt, and a text that differs in spacing and case at most.
"""

import hashlib
import os
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from pydantic import BaseModel

from llm.choices import Provider
from llm.payer import payer
from llm.purposes import Purpose, limits
from runtime.settings import settings
from runtime.telemetry import record_spared

T = TypeVar("T", bound=BaseModel)

_MOST_KEPT = 1000


@dataclass(frozen=True)
class Found(Generic[T]):
    """A provider's valid answer."""

    value: T
    provider: Provider
    model: str


@dataclass
class _Flight:
    """A question that is being asked. The answer is there once `done` is set, or None if there was none."""

    done: threading.Event = field(default_factory=threading.Event)
    found: Found[BaseModel] | None = None


_lock = threading.Lock()
_flights: dict[str, _Flight] = {}
_kept: OrderedDict[str, tuple[float, Found[BaseModel]]] = OrderedDict()


def key_of(purpose: Purpose, *texts: str) -> str:
    """What equal questions have in common; empty: this one is shared with no other.

    A prompt that may hold what belongs to a customer is equal to those of the same customer only.
    """
    whose = ""
    if limits(purpose).is_personal:
        if payer().customer_id is None:
            return ""
        whose = str(payer().customer_id)
    parts = (purpose, whose, *map(normalised, texts))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def normalised(text: str) -> str:
    """Words in capitals stay as they are: who shouts says something else."""
    words = unicodedata.normalize("NFKC", text).split()
    return " ".join(word if word.isupper() else word.casefold() for word in words)


def once(
    key: str, purpose: Purpose, find: Callable[[], Found[T] | None], *, wait_s: float
) -> tuple[Found[T] | None, bool]:
    """The answer of `find`, or of an equal question; and whether it is another one's."""
    if not key:
        return find(), False
    with _lock:
        if kept := _fresh(key):
            record_spared(purpose, "reused")
            return _copy(kept), True
        flight = _flights.get(key)
        if leads := flight is None:
            flight = _flights[key] = _Flight()
    assert flight is not None
    if leads:
        return _lead(key, purpose, flight, find), False
    if flight.done.wait(wait_s) and flight.found:
        record_spared(purpose, "shared")
        return _copy(flight.found), True
    return find(), False  # The other one may have failed for a reason of its own, such as its budget.


def _lead(
    key: str, purpose: Purpose, flight: _Flight, find: Callable[[], Found[T] | None]
) -> Found[T] | None:
    try:
        found = find()
        flight.found = _copy(cast("Found[BaseModel]", found)) if found else None
    finally:
        with _lock:
            del _flights[key]
            if flight.found and not limits(purpose).is_personal:
                _keep(key, flight.found)
        flight.done.set()
    return found


def _fresh(key: str) -> Found[BaseModel] | None:
    until, found = _kept.get(key, (0.0, None))
    return found if time.monotonic() < until else None


def _keep(key: str, found: Found[BaseModel]) -> None:
    seconds = settings().llm.reuse_s
    if not seconds:
        return
    _kept[key] = (time.monotonic() + seconds, found)
    _kept.move_to_end(key)
    if len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)


def _copy(found: Found[BaseModel]) -> Found[T]:
    """Nobody can change another one's answer."""
    value = cast(T, found.value.model_copy(deep=True))
    return Found(value, found.provider, found.model)


def forget() -> None:
    """Drop what is kept; a forked child has none of its parent's threads to wait for."""
    global _lock
    _lock = threading.Lock()
    _flights.clear()
    _kept.clear()


os.register_at_fork(after_in_child=forget)
