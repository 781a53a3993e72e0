"""A worker process with 100 tickets waiting for a model that takes 2 s: its calls a second, CPU and memory.

`python -m tests.bench.in_flight calls|tickets N` prints one JSON object; `measure` runs it as its own process.
"""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pydantic import BaseModel

from tests.stubs.anthropic_stub import AnthropicStub
from tests.stubs.model_stub import Behaviour, Received, slow

IN_FLIGHT = 100
LATENCY_S = 2.0

_TRIAGE = {
    "category": "shipping", "priority": "normal", "sentiment": 0.1, "language": "en",
    "summary": "Asks how long delivery takes.", "confidence": 0.95,
}  # fmt: skip
_REPLY = {
    "sentences": [{"text": "Standard delivery takes 3 to 5 business days.", "sources": [1], "step": False}]
}


class Verdict(BaseModel):
    """Where a message belongs."""

    category: str
    confidence: float


def serve() -> None:
    """The stub in a process of its own, so that its CPU is not the worker's; ends with its standard input."""

    def model(request: Received) -> Behaviour:
        value = _REPLY if request.tool == "DraftBody" else _TRIAGE
        return slow(value, first_token_after_s=LATENCY_S)

    with AnthropicStub(otherwise=model) as stub:
        print(stub.url, flush=True)
        sys.stdin.read()


@contextmanager
def _a_slow_model() -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.in_flight", "serve", "0"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout
    yield server.stdout.readline().strip()
    server.communicate("")


def measure(environment: dict[str, str], count: int = 1000) -> dict[str, float]:
    figures: dict[str, float] = {}
    for part, many in (("calls", count), ("tickets", count // 2)):
        with _a_slow_model() as url:
            model = {
                "ANTHROPIC_API_KEY": "bench",
                "DESKFLEET_ANTHROPIC_URL": url,
                "DESKFLEET_LLM_REUSE_S": "0",
            }
            # With the broker inside the process: what is measured is this one process.
            model["DESKFLEET_BROKER_URL"] = ""
            bounded = {"DESKFLEET_LLM_BUDGET_DAY_USD": "1000", "DESKFLEET_LLM_BUDGET_TICKET_USD": "10"}
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-m", "tests.bench.in_flight", part, str(many)],
                env=os.environ | environment | model | bounded, capture_output=True, text=True, check=False,
            )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"bench: in_flight {part} failed: {done.stderr[-1500:]}")
        figures |= json.loads(done.stdout.splitlines()[-1])
    return figures


def calls(count: int) -> dict[str, float]:
    """Questions of 100 threads, each reserved in two budgets and recorded as a row."""
    from llm.ask import Prompt, ask  # noqa: PLC0415  # the stub's process is not to load it
    from llm.payer import billed_to  # noqa: PLC0415
    from llm.purposes import Purpose  # noqa: PLC0415

    numbers = iter(range(count))
    lock = threading.Lock()
    providers: list[str] = []

    def work() -> None:
        while (number := _next(numbers, lock)) is not None:
            prompt = Prompt(system="Classify. " * 100, user=f"Where is parcel {number}?", version="1")
            with billed_to(ticket_id=number, customer_id=number):
                answer = ask(
                    Purpose.TRIAGE, prompt, Verdict, local=lambda: Verdict(category="-", confidence=0.0)
                )
            providers.append(answer.provider)

    def run() -> None:
        threads = [threading.Thread(target=work) for _ in range(IN_FLIGHT)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    figures = _timed(run, count, "call")
    assert providers.count("anthropic") == count, f"{providers.count('local')} fell back"
    return figures


def tickets(count: int) -> dict[str, float]:
    """Whole tickets, from the claim to the recorded outcome: two calls each, a search and a check between."""
    from sqlalchemy import text  # noqa: PLC0415  # as above

    from deskfleet import workers  # noqa: PLC0415
    from ingestion import intake  # noqa: PLC0415
    from runtime.database import transaction  # noqa: PLC0415
    from tests.bench.worker import purge  # noqa: PLC0415
    from tests.samples import a_message  # noqa: PLC0415

    purge()
    workers.warm_up()
    with transaction() as session:
        session.execute(text("truncate llm_calls"))
        session.execute(text("update tickets set owner = 'staff' where owner = 'agent'"))
    for number in range(count):
        question = f"How long does delivery take? My number is {number}."
        with transaction() as session:
            intake.receive(session, a_message(text=question, identity=f"customer{number}@example.com"))

    def waiting() -> int:
        pending = "select count(*) from tickets where owner = 'agent' and last_inbound_seq > handled_seq"
        with transaction() as session:
            return session.scalar(text(pending)) or 0

    def run() -> None:
        with workers.embedded_worker(concurrency=IN_FLIGHT):
            while waiting():
                time.sleep(0.05)

    figures = _timed(run, count, "ticket")
    with transaction() as session:
        paid = "select count(*) from llm_calls where provider = 'anthropic' and outcome = 'ok'"
        per_ticket = (session.scalar(text(paid)) or 0) / count
    return figures | {"in_flight_calls_per_ticket": round(per_ticket, 2)}


def _next(numbers: Iterator[int], lock: threading.Lock) -> int | None:
    with lock:
        return next(numbers, None)


def _timed(run: Callable[[], None], count: int, what: str) -> dict[str, float]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s, began = usage.ru_utime + usage.ru_stime, time.perf_counter()
    run()
    took_s = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        f"in_flight_{what}s_per_s": round(count / took_s, 1),
        f"in_flight_cpu_ms_per_{what}": round((usage.ru_utime + usage.ru_stime - cpu_s) / count * 1000, 2),
        f"in_flight_{what}s_rss_mib": round(usage.ru_maxrss / 1024, 1),
    }


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        print(json.dumps({"calls": calls, "tickets": tickets}[sys.argv[1]](int(sys.argv[2]))), flush=True)
