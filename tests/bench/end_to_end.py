"""From POST to the answer on the embedded default, as a customer of a small desk sees it."""

import statistics
import time
from pathlib import Path

import httpx

from tests.journeys.fleet import ARTICLES, a_fleet

_MESSAGES = 40
_QUESTIONS = (
    "How long does standard delivery take?",
    "How do I return an item that I bought two weeks ago?",
    "My order has not arrived. Where is the tracking number?",
    "How do I reset my password?",
)


def measure(folder: Path) -> dict[str, float]:
    folder.mkdir(parents=True, exist_ok=True)
    with a_fleet(folder, "") as fleet:
        fleet.run("knowledge", "add", str(ARTICLES), "--json")
        scopes = ("--scope", "tickets:create", "--scope", "tickets:read")
        key = fleet.run("key", "create", "bench", *scopes, "--json")["key"]
        fleet.start("up", "up", "--empty")
        fleet.wait_until_ready()
        with httpx.Client(base_url=fleet.url, headers={"Authorization": f"Bearer {key}"}) as client:
            times = [_one(client, _QUESTIONS[number % len(_QUESTIONS)]) for number in range(_MESSAGES + 4)][
                4:
            ]
    return {
        "post_to_answer_p50_ms": round(statistics.median(times), 1),
        "post_to_answer_p95_ms": round(statistics.quantiles(times, n=20)[18], 1),
    }


def _one(client: httpx.Client, question: str) -> float:
    """Milliseconds from the request to the first look that sees an outcome (looks every 5 ms)."""
    started = time.perf_counter()
    accepted = client.post("/api/v1/tickets", json={"description": question})
    assert accepted.status_code == 202, accepted.text
    url = accepted.headers["Location"]
    while time.perf_counter() - started < 30:
        found = client.get(url).json()
        if found["reply"] or found["owner"] == "staff":
            return (time.perf_counter() - started) * 1000
        time.sleep(0.005)
    raise AssertionError(f"no outcome for {url}")
