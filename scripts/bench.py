"""Measures the product beside its yardsticks in one run; prints one JSON object last."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "src"))

from deskfleet.migrate import migrate  # noqa: E402  # the path is set above
from runtime import database, embedded_postgres  # noqa: E402
from runtime.settings import settings  # noqa: E402
from tests.bench import embedding, end_to_end, in_flight, intake, learning, retrieval, retrieval_large  # noqa: E402
from tests.journeys.fleet import ARTICLES, BROKER_URL, DESKFLEET, a_database  # noqa: E402

# (figure, target, whether greater is better)
TARGETS = (
    ("intake_ratio", 0.5, True),
    ("pipeline_cpu_ms", 60.0, False),
    ("retrieval_p99_ms", 25.0, False),
    ("retrieval_long_p99_ms", 75.0, False),
    ("retrieval_recall_at_10", 0.98, True),
    ("retrieval_large_p99_ms", 60.0, False),
    ("retrieval_large_recall_at_10", 0.98, True),
    ("embedding_ratio", 0.9, True),
    ("in_flight_calls_per_s", 40.0, True),
    ("in_flight_tickets_rss_mib", 1536.0, False),
    ("learning_growth_mib", 64.0, False),
)


# It takes a quarter of an hour.
_ON_REQUEST = {"retrieval_large"}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _in_a_worker(environment: dict[str, str], *arguments: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.bench.worker", *arguments],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"bench: worker {arguments} failed: {done.stderr[-1500:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _parts(folder: Path, environment: dict[str, str], url: str) -> dict[str, Callable[[], dict[str, float]]]:
    return {
        "embedding": embedding.measure,
        "retrieval": retrieval.measure,
        "retrieval_large": retrieval_large.measure,
        "intake": lambda: intake.measure(folder, environment, url),
        "celery": lambda: _in_a_worker(environment, "noop", "3000"),
        "pipeline": lambda: _in_a_worker(environment, "pipeline", "300"),
        "in_flight": lambda: in_flight.measure(environment),
        "learning": lambda: learning.measure(folder, environment),
    }


def measure(folder: Path, only: set[str]) -> dict[str, float]:
    figures: dict[str, float] = {}
    server = embedded_postgres.start(ROOT / "build" / "bench")
    with a_database(server, "bench") as url:
        environment = {
            "DESKFLEET_DATA": str(folder / "data"),
            "DESKFLEET_DATABASE_URL": url,
            "DESKFLEET_BROKER_URL": BROKER_URL,
            "DESKFLEET_SECRET_KEY": "bench" * 10,
        }
        os.environ.update(environment)
        settings.cache_clear()
        migrate()
        add = [str(DESKFLEET), "knowledge", "add", str(ARTICLES), "--json"]
        subprocess.run(add, check=True, stdout=subprocess.DEVNULL)
        parts = _parts(folder, environment, url)
        for name, part in parts.items():
            if name in (only or parts.keys() - _ON_REQUEST):
                _say(f"{name} ...")
                figures |= part()
        database.dispose()
    for name in environment:
        os.environ.pop(name)
    settings.cache_clear()
    if not only or "end_to_end" in only:
        _say("end_to_end ...")
        figures |= end_to_end.measure(folder / "end_to_end")
    return figures


def report(figures: dict[str, Any]) -> None:
    for name, target, greater in TARGETS:
        if name not in figures:
            continue
        met = figures[name] >= target if greater else figures[name] <= target
        _say(
            f"{'met   ' if met else 'MISSED'} {name} = {figures[name]} (target {'≥' if greater else '≤'} {target})"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only",
        nargs="*",
        default=[],
        help="embedding retrieval retrieval_large intake celery pipeline in_flight learning end_to_end",
    )
    only = set(parser.parse_args().only)
    folder = Path(tempfile.mkdtemp(prefix="deskfleet-bench-"))
    try:
        figures = measure(folder, only)
    finally:
        embedded_postgres.remove(folder / "end_to_end" / "data")
        shutil.rmtree(folder, ignore_errors=True)
    report(figures)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
