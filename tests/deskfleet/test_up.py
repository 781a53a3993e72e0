"""`deskfleet up` as somebody tries it for the first time: started, used, stopped with Ctrl-C, started again."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from runtime import embedded_postgres
from tests.journeys.fleet import DESKFLEET, ROOT, eventually, free_port

pytestmark = pytest.mark.journey

ADMIN = re.compile(r"Log in as (\S+) with the password (\S+)")


@dataclass
class Desk:
    """One `deskfleet up` in a data folder of its own, on the defaults."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> Path:
        return self.folder / "output"

    @contextlib.contextmanager
    def up(self, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Within the block the process runs; it is killed at the end if it still does."""
        environment = {"DESKFLEET_DATA": str(self.folder / "data"), "DESKFLEET_PORT": str(self.port)}
        with self.output.open("wb") as output:
            process = subprocess.Popen(
                [DESKFLEET, "up", *arguments],
                env={"PATH": os.environ["PATH"], **environment},
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def wait_until_ready(self, process: "subprocess.Popen[bytes]", *, within_s: float) -> None:
        def ready() -> bool:
            assert process.poll() is None, self.said()
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(f"{self.url}/health/ready", timeout=2).status_code == 200
            return False

        eventually(ready, timeout_s=within_s, what="the desk is not ready")

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def log_in(self, email: str, password: str) -> httpx.Client:
        answer = httpx.post(
            f"{self.url}/auth/token", data={"username": email, "password": password}, timeout=10
        )
        assert answer.status_code == 200, answer.text
        token = answer.json()["access_token"]
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=10)

    def postgres(self) -> list[list[str]]:
        """Command lines of the database's processes of this folder."""
        place = str(embedded_postgres._place(self.folder / "data").data)
        lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
        return [line for line in lines if place in line]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, free_port())
    yield made
    embedded_postgres.start(tmp_path / "data")  # Joins what a failed test may have left behind.
    embedded_postgres.remove(tmp_path / "data")


def interrupt(process: "subprocess.Popen[bytes]") -> int:
    """Ctrl-C; the exit code. All parts have ten seconds."""
    process.send_signal(signal.SIGINT)
    return process.wait(timeout=10)


def listed(client: httpx.Client, **narrowed: str) -> list[str]:
    answer = client.get("/api/v1/tickets", params={"limit": 200, **narrowed})
    return [ticket["ticket_id"] for ticket in answer.json()["tickets"]]


@contextlib.contextmanager
def refused_for_the_port(desk: Desk, folder: Path) -> Iterator[None]:
    """Another desk on the same port, which ends with one sentence before it makes anything."""
    folder.mkdir()
    other = Desk(folder, desk.port)
    with other.up("--empty") as process:
        yield
        assert process.wait(timeout=30) == 1
    assert other.said() == (
        f"deskfleet: Port {desk.port} on 127.0.0.1 cannot be used (Address already in use): "
        "set DESKFLEET_PORT to another.\n"
    )
    assert other.postgres() == []


def test_a_desk_is_started_used_stopped_and_started_again(desk: Desk, tmp_path: Path) -> None:
    with desk.up() as process:
        desk.wait_until_ready(process, within_s=60)
        eventually(lambda: "Ctrl-C stops everything." in desk.said(), what="no welcome")
        for path in ("", "/console", "/chat", "/docs"):
            assert f"http://localhost:{desk.port}{path}\n" in desk.said()
        [(email, password)] = set(ADMIN.findall(desk.said()))
        with refused_for_the_port(desk, tmp_path / "other"), desk.log_in(email, password) as client:
            answered = eventually(
                lambda: listed(client, status="waiting_customer"), what="nothing was answered"
            )
            assert len(eventually(lambda: listed(client)[2:], what="no tickets arrive")) >= 1
        assert len(desk.postgres()) == 1
        assert interrupt(process) == 0
    assert desk.said().endswith("\nStopped.\n")
    assert desk.postgres() == []
    assert '"level": "error"' not in (tmp_path / "data" / "deskfleet.log").read_text(encoding="utf-8")

    with desk.up("--empty") as process:
        desk.wait_until_ready(process, within_s=60)
        # The promise of ten seconds, as time of the processor: other work on the machine does not count.
        used = psutil.Process(process.pid).cpu_times()
        assert used.user + used.system <= 10
        with desk.log_in(email, password) as client:
            assert set(answered) <= set(listed(client))
        assert interrupt(process) == 0
    assert "password" not in desk.said()
    assert "Sample tickets" not in desk.said()
    assert desk.postgres() == []
