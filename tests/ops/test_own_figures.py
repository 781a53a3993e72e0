"""Figures of what people do and what processes hold: each moves when the thing happens, and none grows without end."""

import re
from pathlib import Path

from fastapi.testclient import TestClient

from accounts import access, api_keys
from accounts.api_keys import NewKey
from deskfleet.web import create_app
from ingestion import chat_seats, intake
from runtime import telemetry
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import satisfaction

_ROOT = Path(__file__).resolve().parents[2]


def value(series: str) -> float:
    found = re.search(rf"^{re.escape(series)} (\S+)$", telemetry.exposition().decode(), re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def series() -> int:
    return len(
        [one for one in telemetry.exposition().decode().splitlines() if one.startswith("deskfleet_http")]
    )


def test_a_customer_who_says_how_it_was_is_counted(run_jobs: CollectedJobs) -> None:
    before = value('deskfleet_ratings_total{rating="2"}')
    with transaction() as session:
        ticket_id = intake.receive(session, a_message()).ticket_id
        satisfaction.rate(session, ticket_id, 2)
    assert value('deskfleet_ratings_total{rating="2"}') == before + 1


def test_an_open_chat_is_counted_while_it_is_open() -> None:
    before = value('deskfleet_open_connections{kind="chat"}')
    with chat_seats.seat("visitor", address="192.0.2.1"):
        assert value('deskfleet_open_connections{kind="chat"}') == before + 1
    assert value('deskfleet_open_connections{kind="chat"}') == before
    assert 'deskfleet_open_connections{kind="console"}' in telemetry.exposition().decode()


def test_who_was_recognised_a_moment_ago_is_found_in_the_cache(database: str) -> None:
    with transaction() as session:
        secret = api_keys.create(session, NewKey("shop", ["tickets:read"]), by="command").secret
    hits, misses = (
        f'deskfleet_cache_asks_total{{cache="principals",result="{one}"}}' for one in ("hit", "miss")
    )
    before = (value(hits), value(misses))
    for _ in range(3):
        access.recognise(secret)
    assert (value(hits) - before[0], value(misses) - before[1]) == (2, 1)
    assert value('deskfleet_cache_entries{cache="principals"}') == 1


def test_whatever_strangers_ask_for_makes_no_new_series(database: str) -> None:
    with TestClient(create_app(), raise_server_exceptions=False) as client:

        def ask(number: int) -> None:
            client.get(f"/nowhere/{number}")
            client.get(f"/api/v1/tickets/TKT-{number}")
            client.get(f"/help/{number}")
            client.request(f"STRANGE{number}", "/health/live")
            client.post(f"/webhooks/{number}", content=b"{}")

        ask(0)
        at_first = series()
        for number in range(1, 30):
            ask(number)
        assert series() == at_first


def test_no_process_forks_workers_whose_figures_nobody_would_read() -> None:
    """A forked child counts for itself and has no port: each process of ours is one, with threads."""
    source = "\n".join(file.read_text(encoding="utf-8") for file in (_ROOT / "src").rglob("*.py"))
    assert set(re.findall(r'(?:"--pool", |pool=)"(\w+)"', source)) == {"threads"}
    assert not re.search(r"uvicorn\.run\(|\bworkers=\s*[2-9]|os\.fork\(", source)
