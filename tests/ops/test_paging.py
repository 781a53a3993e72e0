"""From a figure of the product to PagerDuty and back: real rules, real routes, a PagerDuty that only listens."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.journeys.fleet import eventually
from tests.ops.prometheus import listening_pagerduty, running_alertmanager, running_prometheus

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


class Figures:
    """What the desk exports, to be changed by the test."""

    def __init__(self) -> None:
        self.text = ""
        self.port = 0


@contextmanager
def exporting() -> Iterator[Figures]:
    figures = Figures()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(figures.text.encode())

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    figures.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield figures
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def quick_rules(folder: Path) -> str:
    """Our rules about machines as they are shipped, but that nothing has to last."""
    shipped = yaml.safe_load((ROOT / "ops/prometheus/rules/machines.yml").read_text())
    for rule in shipped["groups"][0]["rules"]:
        rule["for"] = "0s"
    (folder / "rules.yml").write_text(yaml.safe_dump(shipped))
    return "rules.yml"


def our_routes(folder: Path, port: int) -> dict[str, Any]:
    """Alertmanager's configuration as it is shipped, but that its receivers are here and nobody waits."""
    shipped: dict[str, Any] = yaml.safe_load((ROOT / "ops/alertmanager/alertmanager.yml").read_text())
    (folder / "pagerduty_key").write_text("0" * 32)
    (folder / "dead_man_token").write_text("token")
    shipped["global"]["pagerduty_url"] = f"http://127.0.0.1:{port}/v2/enqueue"
    for receiver in shipped["receivers"]:
        for one in receiver.get("pagerduty_configs", []):
            one["routing_key_file"] = str(folder / "pagerduty_key")
        for one in receiver.get("webhook_configs", []):
            one["url"] = f"http://127.0.0.1:{port}/dead-man"
            one["http_config"]["authorization"]["credentials_file"] = str(folder / "dead_man_token")
        receiver.pop("email_configs", None)
    for route in [shipped["route"], *shipped["route"]["routes"]]:
        route |= {"group_wait": "0s", "group_interval": "1s", "repeat_interval": "1m"}
    return shipped


def test_a_dead_database_pages_once_and_its_return_resolves_though_pagerduty_fails_at_first(
    tmp_path: Path,
) -> None:
    with listening_pagerduty(refuse=1) as pagerduty, exporting() as figures:
        healthy = "".join(
            f'deskfleet_build_info{{process="{name}",version="1"}} 1\n'
            for name in ("web", "worker", "beat", "poller")
        )
        figures.text = healthy + 'deskfleet_dependency_up{part="database"} 0\n'
        with running_alertmanager(tmp_path, our_routes(tmp_path, pagerduty.port)) as alertmanager:
            configuration = {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [quick_rules(tmp_path)],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager.port}"]}]}]},
                "scrape_configs": [
                    {"job_name": "desk", "static_configs": [{"targets": [f"127.0.0.1:{figures.port}"]}]}
                ],
            }  # fmt: skip
            with running_prometheus(tmp_path, configuration):
                (page,) = eventually(lambda: pagerduty.of("trigger"), timeout_s=60, what="nobody was paged")
                assert page["payload"]["severity"] == "critical"
                assert page["payload"]["summary"].startswith("DependencyDown: A part that the desk needs")
                assert page["links"][0]["href"].endswith("/docs/runbooks/dependency-down.md")
                eventually(
                    lambda: pagerduty.heartbeats, timeout_s=30, what="the dead man's receiver hears nothing"
                )
                assert pagerduty.heartbeats[0] == "Bearer token"

                figures.text = healthy + 'deskfleet_dependency_up{part="database"} 1\n'
                (resolved,) = eventually(
                    lambda: pagerduty.of("resolve"), timeout_s=90, what="nothing was resolved"
                )
                assert resolved["dedup_key"] == page["dedup_key"]
    assert {one["dedup_key"] for one in pagerduty.of("trigger")} == {page["dedup_key"]}
