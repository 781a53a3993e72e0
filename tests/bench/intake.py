"""The intake beside the bare endpoint, turn by turn in one run."""

import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from accounts import credentials
from accounts.permissions import Permission
from runtime.database import engine, transaction
from tests.journeys.fleet import DESKFLEET, ROOT, free_port

_ROUNDS = 5
_SECONDS = 4
_CONNECTIONS = 32
_SCRIPT = """
local n = 0
request = function()
  n = n + 1
  local body = string.format('{"description":"My order has not arrived. Where is it?",' ..
    '"customer_email":"customer%d@example.com","subject":"Order"}', n % 200)
  return wrk.format("POST", "/api/v1/tickets", {["Content-Type"]="application/json",
    ["Authorization"]="Bearer KEY"}, body)
end
"""


@contextmanager
def serving(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, f"{command} ended"
                assert time.monotonic() < deadline, f"{command} does not serve"
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def load(port: int, script: Path) -> tuple[float, float]:
    """Requests a second and the 99th percentile in ms; every answer must be a 202."""
    done = subprocess.run(
        ["wrk", "-t2", f"-c{_CONNECTIONS}", f"-d{_SECONDS}s", "--latency", "-s", str(script), f"http://127.0.0.1:{port}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "Non-2xx" not in done, done
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done)
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", done)
    assert rate
    assert tail
    return float(rate.group(1)), float(tail.group(1)) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[tail.group(2)]


def _settle() -> None:
    """Neither pays for what the other wrote, which the database and the system would put away during its turn."""
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum (analyze)"))
        connection.execute(text("checkpoint"))


def measure(folder: Path, environment: dict[str, str], database_url: str) -> dict[str, float]:
    with transaction() as session:
        key = credentials.create_api_key(session, "bench", scopes=[str(Permission.CREATE_TICKETS)])
        session.execute(
            text(
                "create table if not exists bare (id bigserial primary key, subject text, description text, email text)"
            )
        )
    script = folder / "post.lua"
    script.write_text(_SCRIPT.replace("KEY", key))
    bare_port, our_port = free_port(), free_port()
    bare = [
        sys.executable,
        "-m",
        "uvicorn",
        "tests.bench.bare:app",
        "--port",
        str(bare_port),
        "--log-level",
        "error",
    ]
    bare_environment = {"BENCH_DATABASE_URL": database_url}
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    tails: list[float] = []
    with (
        serving(bare, bare_port, bare_environment),
        serving([str(DESKFLEET), "web"], our_port, environment | {"DESKFLEET_PORT": str(our_port)}),
    ):
        load(bare_port, script), load(our_port, script)  # Warm, and the 200 customers are known.
        for _ in range(_ROUNDS):
            _settle()
            rates["bare"].append(load(bare_port, script)[0])
            _settle()
            rate, tail = load(our_port, script)
            rates["ours"].append(rate)
            tails.append(tail)
    ours, theirs = statistics.median(rates["ours"]), statistics.median(rates["bare"])
    return {
        "intake_per_s": round(ours, 1),
        "bare_intake_per_s": round(theirs, 1),
        "intake_ratio": round(ours / theirs, 3),
        "intake_p99_ms": round(statistics.median(tails), 1),
    }
