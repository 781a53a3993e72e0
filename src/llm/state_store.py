"""Where breakers and quotas keep their state: in Redis for all processes, or in memory for one.

Redis being away must not stop calls: each process then goes by its own memory.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from runtime.settings import settings

log = logging.getLogger(__name__)

R = TypeVar("R")

_KEEP_MS = 25 * 3600 * 1000  # Longer than a circuit can be open and than a quota's day.
_AWAY_S = 10.0  # Redis is not asked again for this long after it failed.

# Sets the value only if nobody else has changed it meanwhile.
_SWAP = """
local kept = redis.call('GET', KEYS[1]) or ''
if kept ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""


class Store(Protocol):
    """Texts by name; a name never written reads as empty."""

    def read(self, name: str) -> str: ...

    def swap(self, name: str, before: str, after: str) -> bool:
        """Write `after` if the text still is `before`."""


class MemoryStore:
    """For one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[str, str] = {}

    def read(self, name: str) -> str:
        with self._lock:
            return self._texts.get(name, "")

    def swap(self, name: str, before: str, after: str) -> bool:
        with self._lock:
            if self._texts.get(name, "") != before:
                return False
            self._texts[name] = after
            return True


class RedisStore:
    """For all processes. Falls back to memory, with one warning, while Redis is away."""

    def __init__(self, url: str, *, prefix: str) -> None:
        self._redis = redis.Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=0.25,
            socket_connect_timeout=0.25,
            retry=Retry(NoBackoff(), 1),  # Once: a connection may have died while idle.
        )
        self._prefix = prefix
        self._fallback = MemoryStore()
        self._away_until = 0.0
        self._has_warned = False

    def read(self, name: str) -> str:
        def from_redis() -> str:
            return str(self._redis.get(self._prefix + name) or "")

        return self._either(from_redis, lambda: self._fallback.read(name))

    def swap(self, name: str, before: str, after: str) -> bool:
        def in_redis() -> bool:
            return bool(self._redis.eval(_SWAP, 1, self._prefix + name, before, after, _KEEP_MS))

        return self._either(in_redis, lambda: self._fallback.swap(name, before, after))

    def _either(self, in_redis: Callable[[], R], in_memory: Callable[[], R]) -> R:
        if time.monotonic() < self._away_until:
            return in_memory()
        try:
            result = in_redis()
        except redis.RedisError as error:
            self._away_until = time.monotonic() + _AWAY_S
            if not self._has_warned:
                log.warning(
                    "breakers and quotas are kept in memory: Redis is away (%s)", type(error).__name__
                )
            self._has_warned = True
            return in_memory()
        self._has_warned = False
        return result


def store(prefix: str) -> Store:
    """The store that the settings choose. `prefix` names what is kept and the number of its form."""
    url = settings().runtime.redis_url
    return RedisStore(url, prefix=prefix) if url else MemoryStore()
