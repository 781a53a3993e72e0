"""Loads the product once and forks its processes on request, so that a killed one is back within milliseconds.

Reads one line of JSON per process from standard input (role, environment, kill_at) and answers with its pid.
The processes run the product's own code; only the model is replaced, and the labelled points kill.
"""

import faulthandler
import gc
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable

import uvicorn
from celery.worker import WorkController

from agent_core import workflow
from deskfleet import workers
from deskfleet.web import create_app
from ingestion import imap_poller
from ingestion.channels import mail
from runtime import correlation, jobs
from runtime.language import language_of
from runtime.settings import settings
from tests.chaos.harness import CONCURRENCY
from tests.samples import a_decision
from tickets import wakeups
from tickets.contracts import Case, Decision
from tickets.deliveries import Outgoing


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _scripted_answer(case: Case) -> Decision:
    """A model that takes a few milliseconds and always answers."""
    time.sleep(random.uniform(0.001, 0.02))
    return a_decision(draft=f"Answer to {case.public_id}:{case.up_to_seq}")


def _kill_on_publish(job: str) -> None:
    """After the commit and before the hint is published."""
    publish = jobs._publish

    def transport(
        name: str, arguments: tuple[int | str, ...], headers: dict[str, str], expires_s: float | None
    ) -> None:
        if name == job:
            die()
        publish(name, arguments, headers, expires_s)

    jobs.use_transport(transport)


def _kill_in_model(case: Case) -> Decision:
    time.sleep(0.01)
    die()
    return _scripted_answer(case)


def _kill_around_send(*, sent: bool) -> None:
    send = mail.send

    def doomed(outgoing: Outgoing) -> None:
        if sent:
            send(outgoing)
        die()

    mail.send = doomed


ARMS: dict[str, Callable[[], None]] = {
    "after_receive": lambda: _kill_on_publish(wakeups.ANSWER_NEXT),
    "after_claim": lambda: setattr(workflow, "answer", lambda _case: die()),
    "during_model": lambda: setattr(workflow, "answer", _kill_in_model),
    "after_reply": lambda: _kill_on_publish(wakeups.DELIVER_REPLY),
    "before_send": lambda: _kill_around_send(sent=False),
    "after_send": lambda: _kill_around_send(sent=True),
}


def arm(kill_at: str | None) -> None:
    """Make this process die at the labelled point."""
    workflow.answer = _scripted_answer
    if kill_at is not None:
        ARMS[kill_at]()


def _worker() -> None:
    workers.load_jobs()
    WorkController(
        app=jobs.app, pool="threads", concurrency=CONCURRENCY, queues=",".join(jobs.QUEUES),
        without_gossip=True, without_mingle=True, without_heartbeat=True,
    ).start()  # fmt: skip


def _web() -> None:
    uvicorn.run(create_app(), host="127.0.0.1", port=settings().web.port, log_config=None, access_log=False)


def _poller() -> None:
    imap_poller.run(threading.Event())


ROLES: dict[str, Callable[[], None]] = {"worker": _worker, "web": _web, "poller": _poller}


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    language_of("Loaded once, for all")
    create_app()  # What its pieces remember is not computed again by every web process.
    gc.collect()
    gc.freeze()  # Or each child's own collection would copy all pages that it shares with this process.
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.close(0)
            random.seed(os.getpid())
            faulthandler.register(signal.SIGUSR1)
            os.environ.update(order["environment"])
            settings.cache_clear()
            arm(order.get("kill_at"))
            with correlation.correlate(""):
                ROLES[order["role"]]()
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
