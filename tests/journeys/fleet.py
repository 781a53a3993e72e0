"""The product's own processes on real servers, started by its own commands."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import make_url, text

from runtime.database import one_off_engine
from tests.servers.rabbitmq import of_its_own

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
DESKFLEET = Path(sys.executable).with_name("deskfleet")
BROKER_URL = os.environ.get("DESKFLEET_TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/%2F")
REDIS_URL = os.environ.get("DESKFLEET_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
ARTICLES = ROOT / "src" / "deskfleet" / "demo_data" / "articles"
SHOP = ROOT / "src" / "deskfleet" / "demo_data" / "shop.json"
# A machine that does much else takes minutes to start a process; one that has ended is noticed at once.
_START_S = 180.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], T | None], *, timeout_s: float = 60.0, what: str) -> T:
    """The first result that is something; fails after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"after {timeout_s:.0f} s: {what}")


@contextmanager
def a_database(server: str, name: str) -> Iterator[str]:
    """A database of its own on the embedded server; its URL."""
    engine = one_off_engine(server.replace("postgresql://", "postgresql+psycopg://", 1))
    name = f"test_{name}_{os.getpid()}"
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"drop database if exists {name} with (force)"))
        connection.execute(text(f"create database {name}"))
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"drop database {name} with (force)"))


@dataclass
class Fleet:
    """Processes that share one environment; `log` holds what each wrote."""

    folder: Path
    environment: dict[str, str]
    port: int
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def start(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(DESKFLEET), *(arguments or (name,))],
                env=os.environ | self.environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def run(self, *arguments: str) -> Any:
        """One command to its end; its JSON when it prints some."""
        done = subprocess.run(
            [str(DESKFLEET), *arguments],
            env=os.environ | self.environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}: {done.stderr[-2000:]}"
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    def stop(self, name: str) -> int:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            assert all(process.poll() is None for process in self.processes.values()), self._logs()
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=2) as response:
                    return bool(response.status == 200)
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                return False

        eventually(ready, timeout_s=_START_S, what="the web process is not ready")

    def _logs(self) -> str:
        return "\n".join(f"{name}: {self.log(name)[-1500:]}" for name in self.processes)


@contextmanager
def a_fleet(folder: Path, database_url: str, **settings: str) -> Iterator[Fleet]:
    """An environment on real servers; whatever is started in it is stopped at the end.

    Without a database's URL it is the embedded default, below the folder.
    """
    port = free_port()
    environment = {
        "DESKFLEET_DATA": str(folder / "data"),
        "DESKFLEET_SECRET_KEY": secrets.token_hex(32),
        "DESKFLEET_PORT": str(port),
        "DESKFLEET_SWEEP_S": "1",
        "DESKFLEET_MAIL_POLL_S": "0.5",
        "DESKFLEET_AGENT_SHOP_FILE": str(SHOP),
    } | {f"DESKFLEET_{name}": value for name, value in settings.items()}
    if database_url:
        environment["DESKFLEET_DATABASE_URL"] = database_url
    if "BROKER_URL" in settings:
        environment["DESKFLEET_BROKER_URL"] = of_its_own(settings["BROKER_URL"], database_url)
    fleet = Fleet(folder, environment, port)
    with ExitStack() as stack:
        stack.callback(lambda: [fleet.stop(name) for name in list(fleet.processes)])
        yield fleet
