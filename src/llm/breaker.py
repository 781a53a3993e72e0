"""A circuit breaker per provider, its state shared by all workers through Redis when one is set."""

import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from typing import TypeVar

from llm.circuit import Circuit, Permit, Position, Result, Slice, admit, position, record
from llm.state_store import Store, store
from runtime.telemetry import record_breaker

log = logging.getLogger(__name__)

R = TypeVar("R")

_PREFIX = "deskfleet:breaker:1:"  # The number belongs to the form of the text: raise it when that changes.
_TRIES = 50


class Breaker:
    """The circuit of one provider."""

    def __init__(self, name: str, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._name = name
        self._store = store
        self._clock = clock

    def admit(self) -> Permit | None:
        """Leave to make a call, to be handed back to `record`; None while the circuit is open."""
        return self._change(lambda circuit: admit(circuit, self._clock()))

    def record(self, permit: Permit, result: Result) -> None:
        def change(circuit: Circuit) -> tuple[Circuit, None]:
            return record(circuit, permit, result, self._clock()), None

        self._change(change)

    def position(self) -> Position:
        return position(_decoded(self._store.read(self._name)), self._clock())

    def _change(self, change: Callable[[Circuit], tuple[Circuit, R]]) -> R:
        for _ in range(_TRIES):
            before = self._store.read(self._name)
            circuit = _decoded(before)
            after, result = change(circuit)
            if after == circuit:
                return result
            if self._store.swap(self._name, before, _encoded(after)):
                record_breaker(self._name, position(after, self._clock()))
                self._log(circuit, after)
                return result
        return result  # Others changed it each time: this one call goes uncounted.

    def _log(self, before: Circuit, after: Circuit) -> None:
        if after.open_until > before.open_until:
            seconds = after.open_until - self._clock()
            log.warning("circuit breaker of %s: open for %.0f s", self._name, seconds)
        elif before.open_until and not after.open_until:
            log.info("circuit breaker of %s: closed", self._name)


def _encoded(circuit: Circuit) -> str:
    return json.dumps(asdict(circuit))


def _decoded(text: str) -> Circuit:
    if not text:
        return Circuit()
    kept = json.loads(text)
    return Circuit(**{**kept, "window": tuple(Slice(**part) for part in kept["window"])})


@lru_cache(maxsize=1)
def _store() -> Store:
    return store(_PREFIX)


@lru_cache(maxsize=10)
def breaker(name: str) -> Breaker:
    """The breaker of a provider in this process."""
    return Breaker(name, _store())


def forget() -> None:
    """Drop the state that is kept in this process."""
    breaker.cache_clear()
    _store.cache_clear()


os.register_at_fork(after_in_child=forget)
