"""Keeps to each provider's limits: concurrency, requests and tokens, for all processes that share a Redis."""

import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache

from llm.choices import Provider
from llm.failures import CallError, Fault
from llm.quota import Bucket, Use, Want, enter, leave
from llm.state_store import Store, store
from runtime.llm_settings import ProviderLimits, provider_limits
from runtime.settings import settings
from runtime.telemetry import record_held_back

_PREFIX = "deskfleet:quota:1:"  # The number belongs to the form of the text: raise it when that changes.
_TRIES = 50
_BUSY_S = 0.05

# Threads of one process take turns, so that only whole processes can get in each other's way.
_turn = threading.Lock()


@dataclass
class Slot:
    """A place among the calls of a provider. `used`: the tokens that the call took in the end."""

    used: int


@contextmanager
def slot(provider: Provider, *, tokens: int, patience_s: float, hold_s: float) -> Iterator[Slot]:
    """A place for one call that takes about `tokens`. Raises CallError when none is free within the patience."""
    limits = _limits(provider)
    taken = Slot(tokens)
    if not limits:
        yield taken
        return
    want = Want(uuid.uuid4().hex, tokens, hold_s)
    _wait(provider, limits, want, patience_s)
    try:
        yield taken
    finally:
        _change(provider, lambda use: (leave(use, limits, want, taken.used, time.time()), 0.0))


def _limits(provider: Provider) -> ProviderLimits:
    group = settings().llm
    texts = {
        Provider.ANTHROPIC: group.anthropic_limits,
        Provider.OPENAI: group.openai_limits,
        Provider.COMPATIBLE: group.compatible_limits,
    }
    return provider_limits(texts.get(provider, ""))


def _wait(provider: Provider, limits: ProviderLimits, want: Want, patience_s: float) -> None:
    until = time.monotonic() + patience_s
    while wait_s := _change(provider, lambda use: enter(use, limits, want, time.time())):
        if time.monotonic() + wait_s > until:
            record_held_back(provider)
            raise CallError(Fault.HELD_BACK)
        time.sleep(wait_s)


def _change(provider: Provider, change: Callable[[Use], tuple[Use, float]]) -> float:
    """The seconds to wait; a moment when other processes changed the state each time."""
    with _turn:
        for _ in range(_TRIES):
            before = _store().read(provider)
            after, wait_s = change(_decoded(before))
            if wait_s or _store().swap(provider, before, json.dumps(asdict(after))):
                return wait_s
    return _BUSY_S


def _decoded(text: str) -> Use:
    if not text:
        return Use()
    kept = json.loads(text)
    buckets = {name: kept[name] and Bucket(**kept[name]) for name in ("requests", "tokens")}
    return Use(**{**kept, **buckets, "in_flight": tuple((one, until) for one, until in kept["in_flight"])})


@lru_cache(maxsize=1)
def _store() -> Store:
    return store(_PREFIX)


def forget() -> None:
    """Drop the state that is kept in this process."""
    global _turn  # A forked child must not wait for a thread that it does not have.
    _turn = threading.Lock()
    _store.cache_clear()


os.register_at_fork(after_in_child=forget)
