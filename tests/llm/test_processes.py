"""Two worker processes with one Redis and one database: a breaker's whole life, and a worker killed in a call."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import redis
from sqlalchemy import text

from llm import budget
from llm.failures import CallError
from runtime.database import transaction
from tests.llm.conftest import GOOD, TEST_REDIS_URL, Configure, Vendors
from tests.stubs.model_stub import ok, slow, status


class Worker:
    def __init__(self, prefix: str) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.llm.worker", prefix],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._line() == "ready"

    def begin(self, question: int) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{question}\n")
        self.process.stdin.flush()

    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._line())
        return found

    def asks(self, question: int) -> dict[str, Any]:
        self.begin(question)
        return self.result()

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


@pytest.fixture
def start(configure: Configure) -> Iterator[Callable[[], Worker]]:
    prefix = f"test:{uuid.uuid4().hex}:"
    workers: list[Worker] = []

    def one() -> Worker:
        workers.append(Worker(prefix))
        return workers[-1]

    yield one
    for worker in workers:
        worker.stop()
    with redis.Redis.from_url(TEST_REDIS_URL) as client:
        for key in client.scan_iter(f"{prefix}*"):
            client.delete(key)


def test_a_breaker_opens_half_opens_and_closes_for_both(
    vendors: Vendors, configure: Configure, start: Callable[[], Worker]
) -> None:
    configure(DESKFLEET_REDIS_URL=TEST_REDIS_URL)
    vendors.gpt.otherwise = lambda _request: ok(GOOD)
    one, two = start(), start()
    vendors.claude.then(status(500), status(429, retry_after="2"))
    assert one.asks(1)["attempts"] == ["anthropic: unavailable"]
    assert two.asks(2)["anthropic"] == "open"
    opened = time.monotonic()
    for worker in (one, two):
        assert worker.asks(3)["attempts"] == ["anthropic: breaker_open"]
    assert len(vendors.claude.received) == 2

    time.sleep(max(0.0, opened + 2.1 - time.monotonic()))
    vendors.claude.then(slow(GOOD, first_token_after_s=1.0), ok(GOOD), ok(GOOD))
    one.begin(4)
    while len(vendors.claude.received) < 3:
        time.sleep(0.01)
    during = two.asks(5)
    assert (during["provider"], during["anthropic"]) == ("openai", "half_open"), "one probe at a time"
    assert one.result() == {"provider": "anthropic", "attempts": [], "anthropic": "closed"}
    assert two.asks(6)["provider"] == "anthropic"


def test_three_failures_of_several_workers_open_it(
    vendors: Vendors, configure: Configure, start: Callable[[], Worker]
) -> None:
    configure(DESKFLEET_REDIS_URL=TEST_REDIS_URL)
    vendors.gpt.otherwise = lambda _request: ok(GOOD)
    one, two = start(), start()
    vendors.claude.then(status(500), status(529), status(503))
    positions = [worker.asks(number)["anthropic"] for number, worker in enumerate((one, two, one))]
    assert positions == ["closed", "closed", "open"]
    assert two.asks(9)["attempts"] == ["anthropic: breaker_open"]


def test_what_a_worker_killed_in_a_call_had_reserved_is_free_again(
    vendors: Vendors, configure: Configure, start: Callable[[], Worker]
) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="0.02", DESKFLEET_REDIS_URL=TEST_REDIS_URL)
    vendors.claude.then(slow(GOOD, first_token_after_s=60))
    worker = start()
    worker.begin(1)
    while not vendors.claude.received:
        time.sleep(0.01)
    worker.stop()
    with transaction() as session:
        [(amount, seconds)] = session.execute(
            text("select amount_usd, extract(epoch from expires_at - now()) from llm_reservations")
        ).all()
    with pytest.raises(CallError, match="budget"):
        budget.reserve(Decimal("0.012"), hold_s=60)
    assert amount > Decimal("0.008")
    assert 0 < seconds <= 12 + 30, "the total limit of triage and a margin"
    with transaction() as session:  # As if that time had passed.
        session.execute(text("update llm_reservations set expires_at = now()"))
    vendors.claude.then(ok(GOOD))
    assert start().asks(1)["provider"] == "anthropic"
