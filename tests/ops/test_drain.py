"""A worker that is told to go while it has much to do finishes what it began; nothing is lost or said twice."""

import os
import time
from collections import Counter
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.journeys.fleet import ARTICLES, BROKER_URL, REDIS_URL, a_database, a_fleet, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_MESSAGES = 200
_GRACE_S = 120  # terminationGracePeriodSeconds of k8s/base/worker.yaml

_OUTCOMES = """
    select t.public_id, t.handled_seq >= t.last_inbound_seq,
           (select count(*) from agent_decisions d where d.ticket_id = t.id),
           (select count(*) from messages m where m.ticket_id = t.id and m.kind = 'outbound' and m.author = 'agent')
    from tickets t
"""


def outcomes(url: str) -> list[tuple[str, bool, int, int]]:
    with psycopg.connect(url) as connection:
        return [
            (str(row[0]), bool(row[1]), int(row[2]), int(row[3])) for row in connection.execute(_OUTCOMES)
        ]


def test_workers_told_to_go_under_load_end_well_and_others_do_the_rest(
    database_server: str, tmp_path: Path
) -> None:
    with (
        a_database(database_server, "drain") as url,
        a_fleet(tmp_path, url, BROKER_URL=BROKER_URL, REDIS_URL=REDIS_URL, RATE_PER_MINUTE="10000") as fleet,
    ):
        fleet.run("migrate")
        fleet.run("knowledge", "add", str(ARTICLES), "--json")
        key = fleet.run("key", "create", "drain", "--json")["key"]
        for process in ("web", "beat"):
            fleet.start(process)
        fleet.wait_until_ready()
        with httpx.Client(base_url=fleet.url, headers={"X-API-Key": key}, timeout=10) as client:
            for number in range(_MESSAGES):
                body = {
                    "description": f"How do I reset my password? This is question {number}.",
                    "customer_email": f"customer{number}@example.com",
                }
                assert client.post("/api/v1/tickets", json=body).status_code == 202

        fleet.start("first", "worker")
        eventually(
            lambda: sum(done for _id, done, *_rest in outcomes(url)) >= 3 or None,
            timeout_s=120, what="the worker answers nothing",
        )  # fmt: skip
        began = time.monotonic()
        assert fleet.stop("first") == os.EX_OK
        assert time.monotonic() - began < _GRACE_S
        waiting = [one for one, done, *_rest in outcomes(url) if not done]
        assert waiting, "the worker was not under load any more"

        fleet.start("second", "worker")
        eventually(
            lambda: all(done for _id, done, *_rest in outcomes(url)) or None,
            timeout_s=150,
            what="some are lost",
        )
        told = outcomes(url)
        assert len(told) == _MESSAGES
        assert Counter(decisions for _id, _done, decisions, _replies in told) == {1: _MESSAGES}
        assert all(replies <= 1 for _id, _done, _decisions, replies in told)
        assert "Traceback" not in fleet.log("first")
