"""Rate limits: token buckets, in Redis when it is set (shared by all replicas), else in memory."""

import logging
import threading
import time
from functools import lru_cache

import redis

from runtime.errors import RateLimited
from runtime.settings import settings

log = logging.getLogger(__name__)

# Refills by the time passed, takes one token, returns the seconds until the next one when there is none.
_TAKE = """
local rate, burst, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(kept[1]) or burst, tonumber(kept[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('EXPIRE', KEYS[1], math.ceil(burst / rate) + 1)
return tostring(wait)
"""
_MOST_BUCKETS = 50_000
_AWAY_S = 10.0  # Redis is not asked again for this long after it failed.

_lock = threading.Lock()
_buckets: dict[str, tuple[float, float]] = {}
_away_until = 0.0


@lru_cache(maxsize=1)
def _redis() -> "redis.Redis":
    url = settings().runtime.redis_url
    return redis.Redis.from_url(url, socket_timeout=0.25, socket_connect_timeout=0.25)


def take(name: str, *, per_minute: int) -> None:
    """Take one token of the bucket `name`. Raises RateLimited when it is empty.

    A Redis that is down limits in memory instead: a cache must not stop the intake.
    """
    wait_s = _wait_s(name, per_minute / 60.0, float(per_minute))
    if wait_s > 0:
        raise RateLimited("Too many requests: wait a moment.", retry_after_s=wait_s)


def _wait_s(name: str, rate: float, burst: float) -> float:
    global _away_until  # one Redis per process, so one memory of its absence
    if settings().runtime.redis_url and time.monotonic() >= _away_until:
        try:
            return float(_redis().eval(_TAKE, 1, f"deskfleet:limit:{name}", rate, burst, time.time()))
        except redis.RedisError as error:
            _away_until = time.monotonic() + _AWAY_S
            log.warning("rate limits are kept in memory: Redis is away (%s)", type(error).__name__)
    return _wait_in_memory(name, rate, burst, time.monotonic())


def _wait_in_memory(name: str, rate: float, burst: float, now: float) -> float:
    with _lock:
        if len(_buckets) > _MOST_BUCKETS:
            _drop_oldest()
        tokens, at = _buckets.get(name, (burst, now))
        tokens = min(burst, tokens + (now - at) * rate)
        _buckets[name] = (tokens - 1 if tokens >= 1 else tokens, now)
    return 0.0 if tokens >= 1 else (1 - tokens) / rate


def _drop_oldest() -> None:
    """A tenth of the buckets, those that nobody took from for longest: whoever floods must not free the others."""
    oldest = sorted(_buckets, key=lambda name: _buckets[name][1])[: _MOST_BUCKETS // 10]
    for name in oldest:
        del _buckets[name]


def forget() -> None:
    """Empty the buckets in memory, and ask Redis again (tests)."""
    global _away_until
    with _lock:
        _buckets.clear()
        _away_until = 0.0


def is_alive() -> bool:
    """Whether Redis answers; True when none is used."""
    if not settings().runtime.redis_url:
        return True
    try:
        return bool(_redis().ping())
    except redis.RedisError:
        return False
