"""A real Prometheus scrapes the real product: every panel that the product itself can answer is answered."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.checks.grafana import query_of
from scripts.observability.dashboards import DASHBOARDS
from tests.journeys.fleet import BROKER_URL, Fleet, a_database, a_fleet, eventually, free_port
from tests.ops.prometheus import Server, running_prometheus
from tests.ops.sample_day import a_visitor_chats, rate, staff_look, write_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ROOT = Path(__file__).resolve().parents[2]
# A figure that does not come within it never comes: the longest way is a rate over some scrapes.
_LONGEST_S = 420
# Panels that show 0 where nothing was counted answer anyhow; the day has these in it.
_OF_THE_DAY = (
    'sum(increase(deskfleet_ratings_total{rating="2"}[5m])) > 0',
    'sum(deskfleet_open_connections{kind="chat"}) >= 1',
    'sum(deskfleet_open_connections{kind="console"}) >= 1',
    'sum(rate(deskfleet_cache_asks_total{cache="principals",result="hit"}[5m])) > 0',
    'sum(deskfleet_cache_entries{cache="principals"}) >= 1',
    'sum(rate(deskfleet_outcomes_total{outcome="reply"}[5m])) > 0',
    'sum(rate(deskfleet_job_seconds_count{name=~".*sweep.*",result="done"}[5m])) > 0',
)


@dataclass
class Desks:
    """One whose sample day runs in one process, and one of processes that are joined by a broker."""

    alone: Fleet
    apart: Fleet
    targets: list[str]


def unanswered(server: Server) -> list[str]:
    """What Prometheus answers nothing to."""
    asked = [
        (f"{board.name}: {panel.title}", query_of(query.expr))
        for board in DASHBOARDS
        for panel in board.panels
        for query in panel.queries
        if not panel.elsewhere
    ]
    asked += [("the day", one) for one in _OF_THE_DAY]
    return [f"{where}: {expr}" for where, expr in asked if not server.ask(expr)]


@contextmanager
def two_desks(database_server: str, folder: Path) -> Iterator[Desks]:
    for name in ("alone", "apart"):
        (folder / name).mkdir()
    port = free_port()
    with (
        a_database(database_server, "dashboards") as url,
        a_fleet(folder / "alone", "") as alone,
        a_fleet(folder / "apart", url, BROKER_URL=BROKER_URL, METRICS_PORT=str(port)) as apart,
    ):
        apart.run("migrate")
        for name in ("web", "beat"):
            apart.start(name)
        apart.wait_until_ready()
        alone.start("up")
        alone.wait_until_ready()
        yield Desks(alone, apart, [f"127.0.0.1:{one}" for one in (alone.port, apart.port, port)])


def test_every_panel_shows_something_of_the_sample_day_and_of_processes_of_their_own(
    database_server: str, tmp_path: Path
) -> None:
    """The sample day runs in one process; the way through a broker, and a process without HTTP, are seen beside it."""
    with two_desks(database_server, tmp_path) as desks:
        admin = desks.alone.run(
            "user", "create", "bob@example.com", "--name", "Bob", "--role", "admin", "--json"
        )
        keys = [one.run("key", "create", "programs", "--json")["key"] for one in (desks.alone, desks.apart)]
        configuration = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "2s"},
            "rule_files": [str(ROOT / "ops/prometheus/rules/*.yml")],
            "scrape_configs": [{"job_name": "deskfleet", "static_configs": [{"targets": desks.targets}]}],
        }
        with (
            running_prometheus(tmp_path, configuration) as server,
            a_visitor_chats(desks.alone),
            staff_look(desks.alone, admin),
        ):
            eventually(
                lambda: len(server.ask("count by (process) (deskfleet_build_info)")) == len(desks.targets),
                what="a process cannot be scraped",
            )
            deadline = time.monotonic() + _LONGEST_S
            while (missing := unanswered(server)) and time.monotonic() < deadline:
                rate(desks.alone, write_in(desks.alone, keys[0]), 2)
                write_in(desks.apart, keys[1])
                time.sleep(3)
            assert missing == []
