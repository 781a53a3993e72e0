"""The nightly job on 10,000 resolved tickets: how many a second, and whether its memory stays bounded.

`python -m tests.bench.learning` learns what is there; `measure` imports the tickets and runs that as its own process.
"""

import csv
import itertools
import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from knowledge.articles import learn_now

TICKETS = 10_000
_SETTLED = 1_000  # Until then the embedder, the pools and the caches take their memory.
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_PARTS = ("lid", "pump", "grinder", "zip", "pole", "strap", "lamp", "filter", "handle", "gasket")
_TROUBLES = ("leaks", "squeaks", "sticks", "rattles", "smells", "fades", "bends", "slips", "drips", "rusts")
_REMEDIES = ("citric acid", "warm water", "silicone oil", "a soft brush", "fine sandpaper", "beeswax")


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def write_history(path: Path) -> None:
    """Tickets with an answer of staff, no two alike."""
    names = (
        "id",
        "customer",
        "name",
        "subject",
        "description",
        "answer",
        "status",
        "created_at",
        "resolved_at",
    )
    kinds = itertools.cycle(itertools.product(_PARTS, _TROUBLES, _REMEDIES))
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(names)
        for number, (part, trouble, remedy) in zip(range(TICKETS), kinds, strict=False):
            at = _FIRST + timedelta(minutes=20 * number)
            rows.writerow(
                (
                    number,
                    f"alice.{number}@example.com",
                    "Alice",
                    f"The {part} {trouble}",
                    f"The {part} of model {number} {trouble} since Monday. What can I do?",
                    f"Clean the {part} of model {number} with {remedy} and let it dry for {number % 50 + 2} hours.",
                    "resolved",
                    at.isoformat(),
                    (at + timedelta(hours=1)).isoformat(),
                )
            )


def measure(folder: Path, environment: dict[str, str]) -> dict[str, float]:
    history = folder / "history.csv"
    write_history(history)
    command = [str(Path(sys.executable).with_name("deskfleet")), "import", str(history), "--json"]
    subprocess.run(command, env=os.environ | environment, check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.bench.learning"],
        env=os.environ | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    sizes: list[float] = []
    started = time.perf_counter()

    def note(done: int, _all: int) -> None:
        if done % _SETTLED == 0:
            sizes.append(_resident_mib())

    report = learn_now(progress=note)
    seconds = time.perf_counter() - started
    if report.seen < TICKETS:
        raise SystemExit(f"only {report.seen} of {TICKETS} tickets were there to be learned")
    figures = {
        "learning_tickets_per_s": round(report.seen / seconds, 1),
        "learning_learned": report.learned,
        "learning_rss_mib": round(max(sizes), 1),
        "learning_growth_mib": round(sizes[-1] - sizes[0], 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
