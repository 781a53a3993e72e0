"""Runs the product under a day's load, in as many minutes as asked, and says whether it grew, failed or lost something.

Prints one JSON object last; exit code 1 when a bound is broken.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "src"))

import psutil  # noqa: E402  # the path is set above
import psycopg  # noqa: E402

from runtime import embedded_postgres  # noqa: E402
from scripts.own_environment import program_of  # noqa: E402
from tests.journeys.fleet import ARTICLES, BROKER_URL, REDIS_URL, Fleet, a_database, a_fleet  # noqa: E402

_PROCESSES = ("web", "worker", "beat")
_EVERY_S = 5.0
_WARM_SHARE = 0.3  # Models and caches are loaded by then; growth counts from there.
_DRAIN_S = 600.0
# What a process may have grown by after it was warm, and what is asked of the answers.
_MOST_GROWTH_MIB = 150.0
_MOST_FAILED = 0.001
_MOST_P95_MS = 5_000.0


@dataclass
class Memory:
    """Resident MiB of each process, over the run."""

    seen: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in _PROCESSES})

    def look(self, fleet: Fleet) -> None:
        for name, process in fleet.processes.items():
            if process.poll() is None:
                self.seen[name].append(psutil.Process(process.pid).memory_info().rss / 2**20)

    def growth(self) -> dict[str, float]:
        """From the mean of the tenth after the warm-up to the mean of the last tenth."""
        return {name: round(_grown(values), 1) for name, values in self.seen.items() if values}


def _grown(values: list[float]) -> float:
    tenth = max(1, len(values) // 10)
    warm = values[int(len(values) * _WARM_SHARE) :][:tenth]
    last = values[-tenth:]
    return sum(last) / len(last) - sum(warm) / len(warm) if warm else 0.0


@contextmanager
def _watched(fleet: Fleet) -> Iterator[Memory]:
    memory, stop = Memory(), threading.Event()

    def watch() -> None:
        while not stop.wait(_EVERY_S):
            memory.look(fleet)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        stop.set()
        thread.join()


def _load(fleet: Fleet, key: str, *, minutes: float, peak: int, folder: Path) -> dict[str, float]:
    """The day, by locust; its own figures of all requests together."""
    environment = {
        "SOAK_KEY": key, "SOAK_IDS": str(folder / "ids"), "SOAK_MINUTES": str(minutes), "SOAK_PEAK": str(peak),
    }  # fmt: skip
    done = subprocess.run(
        [program_of(ROOT, "locust"), "-f", str(ROOT / "ops/load/locustfile.py"), "--headless", "--host", fleet.url,
         "--csv", str(folder / "load"), "--only-summary", "--exit-code-on-error", "0"],
        env=os.environ | environment, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"soak: locust failed: {done.stderr[-2000:]}")
    with (folder / "load_stats.csv").open() as file:
        [total] = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"]
    return {
        "requests": int(total["Request Count"]),
        "failed": int(total["Failure Count"]),
        "p50_ms": float(total["50%"]),
        "p95_ms": float(total["95%"]),
        "p99_ms": float(total["99%"]),
    }


def _fates(url: str, accepted: set[str]) -> dict[str, int]:
    """Of the tickets that were accepted: how many are not there, and how many wait without an outcome."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("select public_id, handled_seq >= last_inbound_seq from tickets").fetchall()
    done = {str(name): bool(is_done) for name, is_done in rows}
    return {
        "accepted": len(accepted),
        "lost": len(accepted - done.keys()),
        "waiting": sum(not done[name] for name in accepted & done.keys()),
    }


def _drained(url: str, accepted: set[str]) -> dict[str, int]:
    until = time.monotonic() + _DRAIN_S
    while (fates := _fates(url, accepted))["waiting"] and time.monotonic() < until:
        time.sleep(1)
    return fates


def soak(folder: Path, *, minutes: float, peak: int) -> dict[str, object]:
    server = embedded_postgres.start(ROOT / "build" / "bench")
    with (
        a_database(server, "soak") as url,
        a_fleet(folder, url, BROKER_URL=BROKER_URL, REDIS_URL=REDIS_URL, RATE_PER_MINUTE="1000000") as fleet,
    ):
        fleet.run("migrate")
        fleet.run("knowledge", "add", str(ARTICLES), "--json")
        key = fleet.run("key", "create", "soak", "--json")["key"]
        for name in _PROCESSES:
            fleet.start(name)
        fleet.wait_until_ready()
        (folder / "ids").touch()
        with _watched(fleet) as memory:
            load = _load(fleet, key, minutes=minutes, peak=peak, folder=folder)
        ended = time.monotonic()
        fates = _drained(url, set((folder / "ids").read_text().split()))
        ended_early = [name for name, process in fleet.processes.items() if process.poll() is not None]
        return {
            "minutes": minutes,
            "peak_users": peak,
            **load,
            **fates,
            "drained_after_s": round(time.monotonic() - ended, 1),
            "rss_mib": {name: round(values[-1]) for name, values in memory.seen.items() if values},
            "rss_growth_mib": memory.growth(),
            "processes_ended": ended_early,
        }


def broken(figures: dict[str, object]) -> list[str]:
    """The bounds that do not hold, one sentence each."""
    requests, failed = float(str(figures["requests"])), float(str(figures["failed"]))
    growth = figures["rss_growth_mib"]
    assert isinstance(growth, dict)
    said = {
        "no request was made": not requests,
        f"{figures['lost']} accepted tickets are lost": bool(figures["lost"]),
        f"{figures['waiting']} tickets were not answered": bool(figures["waiting"]),
        f"{failed:.0f} of {requests:.0f} requests failed": failed > _MOST_FAILED * requests,
        f"p95 is {figures['p95_ms']} ms": float(str(figures["p95_ms"])) > _MOST_P95_MS,
        f"ended by themselves: {figures['processes_ended']}": bool(figures["processes_ended"]),
    }
    said |= {f"{name} grew by {mib} MiB": mib > _MOST_GROWTH_MIB for name, mib in growth.items()}
    return [sentence for sentence, is_so in said.items() if is_so]


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=5.0)
    asked.add_argument("--peak", type=int, default=12, help="users at the busiest hour")
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = soak(Path(folder), minutes=chosen.minutes, peak=chosen.peak)
    problems = broken(figures)
    print("\n".join(f"soak: {one}" for one in problems), file=sys.stderr)
    print(json.dumps(figures))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
