"""Celery's own rate on no-op tasks beside the product's pipeline with a model that takes no time.

Runs as a process of its own (`python -m tests.bench.worker noop|pipeline N`) and prints one JSON object.
"""

import json
import resource
import sys
import threading
import time
from decimal import Decimal

from sqlalchemy import func, select, update

from agent_core import drafting, triage
from agent_core.triage import Triage
from deskfleet import workers
from ingestion import intake
from llm.ask import Answer
from runtime import jobs
from runtime.database import transaction
from tests.samples import a_message
from tickets.contracts import Owner, Priority, Reason
from tickets.models import Ticket

_seen = threading.Semaphore(0)


@jobs.job(queue="analytics")
def no_operation(_number: int) -> None:
    _seen.release()


def _at_once(purpose, prompt, answer_type, *, local, follower=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """A model that takes no time: triage says shipping, the reply quotes the first source."""
    value = (
        Triage(
            category="shipping",
            priority=Priority.NORMAL,
            sentiment=0.0,
            language="en",
            summary="s",
            confidence=0.9,
        )
        if answer_type is Triage
        else local()
    )
    return Answer(value, "none", "none", 0, 0, Decimal(0), 0, prompt.version, ())


def purge() -> None:
    """Wake-ups of an earlier part would be worked off first."""
    with jobs.app.connection_for_write() as connection:
        for queue in jobs.QUEUES:
            jobs.app.amqp.queues[queue](connection.default_channel).declare()
            connection.default_channel.queue_purge(queue)


def noop(count: int) -> dict[str, float]:
    for number in range(count):
        jobs.request_now(f"{__name__}.no_operation", number)
    with workers.embedded_worker(concurrency=16):
        _seen.acquire()
        started = time.perf_counter()
        for _ in range(count - 1):
            _seen.acquire()
        took = time.perf_counter() - started
    return {"celery_noop_per_s": round((count - 1) / took, 1)}


def pipeline(count: int) -> dict[str, float]:
    for module in (triage, drafting):
        setattr(module, "ask", _at_once)  # noqa: B010  # a replaced import, which mypy would refuse
    workers.warm_up()
    with transaction() as session:
        handled = {"owner": Owner.STAFF, "staff_due_at": func.now(), "handled_seq": Ticket.last_inbound_seq}
        session.execute(update(Ticket).values(handled))
    questions = ("How long does delivery take?", "My order has not arrived.", "How do I return an item?")
    for number in range(count):
        with transaction() as session:
            intake.receive(session, a_message(text=f"{questions[number % 3]} My number is {number}."))
    before = _cpu_s()
    started = time.perf_counter()
    with workers.embedded_worker(concurrency=4):
        while _pending():
            time.sleep(0.02)
        took = time.perf_counter() - started
    cpu_ms = (_cpu_s() - before) / count * 1000
    if _failed():
        raise SystemExit(f"pipeline: {_failed()} tickets went to staff because something failed")
    return {"pipeline_per_s": round(count / took, 1), "pipeline_cpu_ms": round(cpu_ms, 2)}


def _pending() -> int:
    with transaction() as session:
        query = select(func.count()).where(
            Ticket.owner == Owner.AGENT, Ticket.last_inbound_seq > Ticket.handled_seq
        )
        return session.scalar(query) or 0


def _failed() -> int:
    with transaction() as session:
        failed = (Reason.AGENT_FAILED, Reason.DEADLINE_PASSED, Reason.TOOL_FAILURE)
        return session.scalar(select(func.count()).where(Ticket.reason.in_(failed))) or 0


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    purge()
    print(json.dumps({"noop": noop, "pipeline": pipeline}[sys.argv[1]](int(sys.argv[2]))), flush=True)
