"""Token buckets, in memory and in a real Redis."""

import os
import socket
import threading
import time
import uuid

import pytest

from runtime import limits
from runtime.errors import RateLimited
from runtime.settings import settings

REDIS_URL = os.environ.get("DESKFLEET_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")


@pytest.fixture(params=["memory", "redis"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "redis":
        monkeypatch.setenv("DESKFLEET_REDIS_URL", REDIS_URL)
    settings.cache_clear()
    limits._redis.cache_clear()
    limits.forget()
    return str(request.param)


def test_the_bucket_empties_and_says_when_it_has_more(place: str) -> None:
    name = uuid.uuid4().hex
    for _ in range(5):
        limits.take(name, per_minute=5)
    with pytest.raises(RateLimited) as caught:
        limits.take(name, per_minute=5)
    assert 10 < caught.value.retry_after_s <= 12


def test_buckets_do_not_share(place: str) -> None:
    limits.take(uuid.uuid4().hex, per_minute=1)
    limits.take(uuid.uuid4().hex, per_minute=1)


def test_many_at_once_get_no_more_than_the_bucket_holds(place: str) -> None:
    name = uuid.uuid4().hex
    passed: list[int] = []

    def ask() -> None:
        for _ in range(10):
            try:
                limits.take(name, per_minute=20)
            except RateLimited:
                continue
            passed.append(1)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 20 <= len(passed) <= 21


def test_a_redis_that_is_down_does_not_stop_the_intake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_REDIS_URL", "redis://127.0.0.1:1/0")
    settings.cache_clear()
    limits._redis.cache_clear()
    name = uuid.uuid4().hex
    limits.take(name, per_minute=1)
    with pytest.raises(RateLimited):
        limits.take(name, per_minute=1)
    assert not limits.is_alive()
    limits._redis.cache_clear()


def test_a_redis_that_hangs_costs_one_wait_and_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("DESKFLEET_REDIS_URL", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        settings.cache_clear()
        limits._redis.cache_clear()
        limits.forget()
        limits.take(uuid.uuid4().hex, per_minute=1)
        started = time.monotonic()
        for _ in range(20):
            limits.take(uuid.uuid4().hex, per_minute=1)
        assert time.monotonic() - started < 1
        monkeypatch.setattr(limits, "_away_until", 0.0)
        limits.take(uuid.uuid4().hex, per_minute=1)
        assert time.monotonic() - started > 0.2
    limits._redis.cache_clear()
    limits.forget()


def test_many_names_do_not_free_the_one_that_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    limits.forget()
    monkeypatch.setattr(limits, "_MOST_BUCKETS", 100)
    for number in range(60):
        limits.take(f"other-{number}", per_minute=1)
    limits.take("limited", per_minute=1)
    for number in range(60, 120):
        limits.take(f"other-{number}", per_minute=1)
    with pytest.raises(RateLimited):
        limits.take("limited", per_minute=1)
    limits.forget()
