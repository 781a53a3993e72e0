"""A provider's limits around real calls, in one process and shared by several."""

import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from functools import lru_cache

import pytest
import redis

from llm import quotas
from llm.ask import Answer, Prompt, ask
from llm.choices import Provider
from llm.failures import CallError
from llm.purposes import Purpose
from llm.state_store import RedisStore, Store
from runtime.errors import SettingError
from runtime.settings import settings
from tests.llm.conftest import GOOD, TEST_REDIS_URL, Configure, Triage, Vendors
from tests.stubs.model_stub import dripping, ok

OFFLINE = Triage(category="general_inquiry", confidence=0.5)


def triage(number: int = 0) -> Answer[Triage]:
    prompt = Prompt(system="Classify.", user=f"Where is parcel {number}?", version="1")
    return ask(Purpose.TRIAGE, prompt, Triage, local=lambda: OFFLINE)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """State in Redis under a prefix of this test's own."""
    prefix = f"test:{uuid.uuid4().hex}:"

    @lru_cache(maxsize=1)
    def store() -> Store:
        return RedisStore(TEST_REDIS_URL, prefix=prefix)

    monkeypatch.setattr(quotas, "_store", store)
    yield prefix
    with redis.Redis.from_url(TEST_REDIS_URL) as client:
        for key in client.scan_iter(f"{prefix}*"):
            client.delete(key)


def test_what_is_over_the_limit_goes_to_the_next_provider(vendors: Vendors, configure: Configure) -> None:
    configure(DESKFLEET_ANTHROPIC_LIMITS="requests_minute=2", DESKFLEET_OPENAI_LIMITS="requests_day=1")
    for stub in (vendors.claude, vendors.gpt, vendors.ollama):
        stub.otherwise = lambda _request: ok(GOOD)
    asked = [triage(number) for number in range(4)]
    assert [one.provider for one in asked] == ["anthropic", "anthropic", "openai", "compatible"]
    assert asked[3].attempts == ("anthropic: held_back", "openai: held_back")


def test_a_short_wait_is_waited_for(vendors: Vendors, configure: Configure) -> None:
    configure(DESKFLEET_ANTHROPIC_LIMITS="concurrency=1")
    vendors.claude.then(dripping(GOOD, piece_every_s=0.1), ok(GOOD))
    first = threading.Thread(target=triage, args=(1,))
    first.start()
    while not vendors.claude.received:
        first.join(0.01)
    assert triage(2).provider == "anthropic"
    first.join()


def test_no_more_calls_than_allowed_reach_the_vendor_at_once(vendors: Vendors, configure: Configure) -> None:
    configure(DESKFLEET_ANTHROPIC_LIMITS="concurrency=3")
    vendors.claude.otherwise = lambda _request: dripping(GOOD, piece_every_s=0.05)
    under_way, most = [0], [0]
    lock = threading.Lock()

    def work() -> None:
        try:
            with quotas.slot(Provider.ANTHROPIC, tokens=1, patience_s=5, hold_s=60):
                with lock:
                    under_way[0] += 1
                    most[0] = max(most[0], under_way[0])
                time.sleep(0.05)
                with lock:
                    under_way[0] -= 1
        except CallError:
            pass

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 3


def test_tokens_are_counted_as_the_vendor_counted_them(vendors: Vendors, configure: Configure) -> None:
    configure(DESKFLEET_ANTHROPIC_LIMITS="tokens_day=1000")
    vendors.claude.otherwise = lambda _request: ok(GOOD)  # 120 tokens; at first some 600 are reckoned with.
    vendors.gpt.otherwise = lambda _request: ok(GOOD)
    providers = [triage(number).provider for number in range(5)]
    assert providers == ["anthropic"] * 4 + ["openai"]


def test_two_processes_share_the_limits_through_redis(
    vendors: Vendors, configure: Configure, shared: str
) -> None:
    configure(DESKFLEET_ANTHROPIC_LIMITS="requests_day=30")
    program = (
        "from llm import quotas\n"
        "from llm.failures import CallError\n"
        "from llm.choices import Provider\n"
        "from llm.state_store import RedisStore\n"
        f"kept = RedisStore({TEST_REDIS_URL!r}, prefix={shared!r})\n"
        "quotas._store = lambda: kept\n"
        "made = 0\n"
        "for _ in range(40):\n"
        "    try:\n"
        "        with quotas.slot(Provider.ANTHROPIC, tokens=1, patience_s=0.5, hold_s=60):\n"
        "            made += 1\n"
        "    except CallError:\n"
        "        pass\n"
        "print(made)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    made = [int(process.communicate(timeout=120)[0]) for process in processes]
    assert sum(made) == 30


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("requests=5", "requests is not one of concurrency"),
        ("tokens_day=many", "tokens_day needs a whole number"),
    ],
)
def test_a_wrong_limit_stops_the_start(configure: Configure, value: str, problem: str) -> None:
    configure(DESKFLEET_OPENAI_LIMITS=value)
    with pytest.raises(SettingError, match=f"DESKFLEET_OPENAI_LIMITS is wrong: .*{problem}"):
        settings()
