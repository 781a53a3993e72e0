"""A real Prometheus scrapes the real product: every panel that the product itself can answer is answered."""

import time
from pathlib import Path

import httpx
import pytest

from scripts.checks.grafana import query_of
from scripts.observability.dashboards import DASHBOARDS
from tests.journeys.fleet import BROKER_URL, Fleet, a_database, a_fleet, eventually, free_port
from tests.ops.prometheus import Server, running_prometheus

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
_LONGEST_S = 300


def unanswered(server: Server) -> list[str]:
    return [
        f"{board.name}: {panel.title}: {query.expr}"
        for board in DASHBOARDS
        for panel in board.panels
        for query in panel.queries
        if not panel.elsewhere and not server.ask(query_of(query.expr))
    ]


def write_in(fleet: Fleet, key: str) -> None:
    """A program opens a ticket."""
    answer = httpx.post(
        f"{fleet.url}/api/v1/tickets",
        headers={"X-API-Key": key},
        json={"description": "How do I reset my password?", "customer_email": "alice@example.com"},
        timeout=20,
    )
    assert answer.status_code == 202, answer.text


def test_every_panel_shows_something_of_the_sample_day_and_of_processes_of_their_own(
    database_server: str, tmp_path: Path
) -> None:
    """The sample day runs in one process; the way through a broker, and a process without HTTP, are seen beside it."""
    for name in ("alone", "apart"):
        (tmp_path / name).mkdir()
    with (
        a_database(database_server, "dashboards") as url,
        a_fleet(tmp_path / "alone", "") as alone,
        a_fleet(tmp_path / "apart", url, BROKER_URL=BROKER_URL) as apart,
    ):
        port = free_port()
        apart.run("migrate")
        apart.environment["DESKFLEET_METRICS_PORT"] = str(port)
        for name in ("web", "beat"):
            apart.start(name)
        apart.wait_until_ready()
        alone.start("up")
        alone.wait_until_ready()
        keys = {
            fleet.url: fleet.run("key", "create", "programs", "--json")["key"] for fleet in (alone, apart)
        }
        targets = [f"127.0.0.1:{one}" for one in (alone.port, apart.port, port)]
        configuration = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "2s"},
            "rule_files": [str(ROOT / "ops/prometheus/rules/*.yml")],
            "scrape_configs": [{"job_name": "deskfleet", "static_configs": [{"targets": targets}]}],
        }
        with running_prometheus(tmp_path, configuration) as server:
            eventually(lambda: server.ask("deskfleet_outcomes_total"), timeout_s=120, what="no outcome")
            assert server.ask('deskfleet_build_info{process="beat"}'), "beat cannot be scraped"
            deadline = time.monotonic() + _LONGEST_S
            while (missing := unanswered(server)) and time.monotonic() < deadline:
                for fleet in (alone, apart):
                    write_in(fleet, keys[fleet.url])
                time.sleep(5)
            assert missing == []
