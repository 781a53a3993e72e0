"""Real Prometheus and Alertmanager on loopback, and a PagerDuty that only listens."""

import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml

from scripts.checks.tools import program
from tests.journeys.fleet import eventually, free_port


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@dataclass
class Server:
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str) -> list[dict[str, Any]]:
        """The vector that a query answers now."""
        encoded = urllib.parse.urlencode({"query": query})
        found: list[dict[str, Any]] = _get(f"{self.url}/api/v1/query?{encoded}")["data"]["result"]
        return found


@contextmanager
def _running(folder: Path, name: str, *arguments: str) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen([program(name), *arguments], stdout=log, stderr=log, cwd=folder)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


@contextmanager
def running_prometheus(folder: Path, configuration: dict[str, Any]) -> Iterator[Server]:
    server = Server(free_port())
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    with _running(
        folder, "prometheus", "--config.file=prometheus.yml", f"--storage.tsdb.path={folder / 'data'}",
        # What fires before Alertmanager is found is told again soon, not after a minute.
        "--rules.alert.resend-delay=2s",
        f"--web.listen-address=127.0.0.1:{server.port}",
    ):  # fmt: skip
        eventually(lambda: _answers(f"{server.url}/-/ready"), what="Prometheus does not answer")
        yield server


@contextmanager
def running_alertmanager(folder: Path, configuration: dict[str, Any]) -> Iterator[Server]:
    server = Server(free_port())
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(configuration))
    with _running(
        folder, "prometheus-alertmanager", "--config.file=alertmanager.yml",
        f"--storage.path={folder / 'alerts'}", f"--web.listen-address=127.0.0.1:{server.port}",
        "--cluster.listen-address=",
    ):  # fmt: skip
        eventually(lambda: _answers(f"{server.url}/-/ready"), what="Alertmanager does not answer")
        yield server


@dataclass
class PagerDuty:
    """Takes events as version 2 of its API does; `refuse` is how often it fails first."""

    port: int
    events: list[dict[str, Any]] = field(default_factory=list)
    heartbeats: list[str] = field(default_factory=list)
    refuse: int = 0

    def of(self, action: str) -> list[dict[str, Any]]:
        return [one for one in self.events if one["event_action"] == action]


@contextmanager
def listening_pagerduty(*, refuse: int = 0) -> Iterator[PagerDuty]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/v2/enqueue" and heard.refuse:
                heard.refuse -= 1
                self._say(503)
                return
            if self.path == "/v2/enqueue":
                heard.events.append(body)
            else:
                heard.heartbeats.append(self.headers["Authorization"])
            self._say(202)

        def _say(self, status: int) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard = PagerDuty(server.server_address[1], refuse=refuse)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
