import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator

import pytest
import redis

from llm.breaker import Breaker, breaker
from llm.circuit import Permit, Position, Result
from llm.state_store import MemoryStore, RedisStore
from tests.llm.conftest import TEST_REDIS_URL, Configure

BAD = Result(failed=True, latency_s=0.1)
CALL = Permit(is_probe=False)
NOON = 1_000_000.0


@pytest.fixture
def prefix() -> Iterator[str]:
    chosen = f"test:{uuid.uuid4().hex}:"
    yield chosen
    with redis.Redis.from_url(TEST_REDIS_URL) as client:
        for key in client.scan_iter(f"{chosen}*"):
            client.delete(key)


def in_another_process(prefix: str, now: float, action: str) -> str:
    """Run `action` on `b`, the same breaker, in a process of its own; returns what it prints."""
    program = (
        "from llm.breaker import Breaker\n"
        "from llm.state_store import RedisStore\n"
        "from llm.circuit import Permit, Result\n"
        f"b = Breaker('claude', RedisStore({TEST_REDIS_URL!r}, prefix={prefix!r}), clock=lambda: {now})\n"
        f"{action}\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_it_opens_half_opens_and_closes_by_the_clock() -> None:
    now = NOON
    one = Breaker("claude", MemoryStore(), clock=lambda: now)
    for _ in range(3):
        one.record(CALL, BAD)
    assert one.position() is Position.OPEN
    assert one.admit() is None
    now += 31
    assert one.position() is Position.HALF_OPEN
    probe = one.admit()
    assert probe is not None
    assert one.admit() is None
    one.record(probe, Result(failed=False, latency_s=0.1))
    assert one.position() is Position.CLOSED


def test_two_processes_share_the_state_through_redis(prefix: str) -> None:
    now = NOON
    ours = Breaker("claude", RedisStore(TEST_REDIS_URL, prefix=prefix), clock=lambda: now)
    fail = "b.record(Permit(is_probe=False), Result(failed=True, latency_s=0.1))"
    ours.record(CALL, BAD)
    in_another_process(prefix, now, f"{fail}; {fail}")
    assert ours.position() is Position.OPEN
    now += 31
    assert ours.admit() == Permit(is_probe=True)
    assert in_another_process(prefix, now, "print(b.admit())") == "None"


def test_no_call_is_lost_when_many_threads_report_at_once(prefix: str) -> None:
    one = Breaker("claude", RedisStore(TEST_REDIS_URL, prefix=prefix), clock=lambda: NOON)
    good = Result(failed=False, latency_s=0.1)
    threads = [threading.Thread(target=one.record, args=(CALL, good)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = RedisStore(TEST_REDIS_URL, prefix=prefix).read("claude")
    assert '"calls": 12' in text


def test_of_many_threads_only_one_gets_the_probe() -> None:
    now = NOON
    one = Breaker("claude", MemoryStore(), clock=lambda: now)
    for _ in range(3):
        one.record(CALL, BAD)
    now += 31
    permits: list[Permit | None] = []
    threads = [threading.Thread(target=lambda: permits.append(one.admit())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [permit for permit in permits if permit] == [Permit(is_probe=True)]


def test_the_settings_choose_redis(configure: Configure, prefix: str) -> None:
    configure(DESKFLEET_REDIS_URL=TEST_REDIS_URL)
    name = prefix.replace(":", "-")
    breaker(name).record(CALL, Result(failed=True, latency_s=0.1, retry_after_s=60))
    with redis.Redis.from_url(TEST_REDIS_URL) as client:
        found = [key.decode() for key in client.scan_iter(f"*{name}*")]
        client.delete(*found)
    assert found == [f"deskfleet:breaker:1:{name}"]
