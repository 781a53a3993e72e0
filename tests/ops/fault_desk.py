"""The product behind lines that tests break."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.journeys.fleet import (
    ARTICLES,
    BROKER_URL,
    REDIS_URL,
    Fleet,
    a_database,
    a_fleet,
    eventually,
)
from tests.servers.fault_proxy import FaultProxy, before, before_database

PROCESSES = ("web", "worker", "beat")
LONG_S = 120.0


@dataclass
class Desk:
    """The product behind three lines; `direct` is the database's URL past its line."""

    fleet: Fleet
    lines: dict[str, FaultProxy]
    direct: str
    key: str

    def ready(self) -> tuple[int, dict[str, Any]]:
        answer = httpx.get(f"{self.fleet.url}/health/ready", timeout=30)
        return answer.status_code, answer.json()

    def is_up(self, part: str) -> str:
        """What Prometheus is told of a part: the alert DependencyDown asks for 0."""
        told = httpx.get(f"{self.fleet.url}/metrics", timeout=30).text
        found = re.search(rf'deskfleet_dependency_up{{part="{part}"}} (\S+)', told)
        return found.group(1) if found else ""

    def write_in(self) -> httpx.Response:
        return httpx.post(
            f"{self.fleet.url}/api/v1/tickets",
            headers={"X-API-Key": self.key},
            json={"description": "How do I reset my password?", "customer_email": "alice@example.com"},
            timeout=60,
        )

    def write_until_taken(self) -> str:
        def taken() -> str | None:
            answer = self.write_in()
            return str(answer.json()["ticket_id"]) if answer.status_code == 202 else None

        return eventually(taken, timeout_s=LONG_S, what="nothing is taken in")

    def wait_for(self, status: int, part: str, state: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found, body = self.ready()
            return body if (found, body["parts"][part]) == (status, state) else None

        return eventually(look, timeout_s=LONG_S, what=f"{part} is not told to be {state} with {status}")

    def wait_for_outcome(self, ticket_id: str) -> None:
        asked = "select handled_seq >= last_inbound_seq from tickets where public_id = %s"

        def done() -> bool | None:
            with psycopg.connect(self.direct) as connection:
                row = connection.execute(asked, (ticket_id,)).fetchone()
            return bool(row and row[0]) or None

        try:
            eventually(done, timeout_s=LONG_S, what=f"{ticket_id} is never answered")
        except AssertionError as error:
            raise AssertionError(
                f"{error}; the worker said last:\n{self.fleet.log('worker')[-6000:]}"
            ) from None

    def restart_nothing(self) -> None:
        ended = [name for name, process in self.fleet.processes.items() if process.poll() is not None]
        assert ended == []


@contextmanager
def a_desk(server: str, folder: Path, name: str) -> Iterator[Desk]:
    with (
        a_database(server, name) as direct,
        before_database(direct) as (to_database, database_url),
        before(BROKER_URL) as (to_broker, broker_url),
        before(REDIS_URL) as (to_redis, redis_url),
        a_fleet(
            folder, database_url, BROKER_URL=broker_url, REDIS_URL=redis_url, RATE_PER_MINUTE="10000"
        ) as fleet,
    ):
        fleet.run("migrate")
        fleet.run("knowledge", "add", str(ARTICLES), "--json")
        key = fleet.run("key", "create", "faults", "--json")["key"]
        yield Desk(fleet, {"database": to_database, "broker": to_broker, "redis": to_redis}, direct, key)
