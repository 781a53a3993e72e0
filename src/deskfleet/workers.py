"""The worker inside a process of ours, for the embedded default, and what every worker loads first."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from celery.beat import Scheduler, Service
from celery.worker import WorkController
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

import agent_core.replay_tasks
import agent_core.summary_tasks
import agent_core.tasks
import analytics.tasks
import deskfleet.upkeep
import ingestion.codes
import ingestion.password_mail
import ingestion.platform_files
import ingestion.tasks
import ingestion.upkeep
import ingestion.webhook_delivery
import knowledge.tasks
import llm.upkeep
import tickets.tasks
from agent_core import workflow
from runtime import jobs
from runtime.settings import settings

log = logging.getLogger(__name__)

_JOB_MODULES = (
    agent_core.replay_tasks,
    agent_core.summary_tasks,
    agent_core.tasks,
    analytics.tasks,
    deskfleet.upkeep,
    ingestion.codes,
    ingestion.password_mail,
    ingestion.platform_files,
    ingestion.tasks,
    ingestion.upkeep,
    ingestion.webhook_delivery,
    knowledge.tasks,
    llm.upkeep,
    tickets.tasks,
)


def load_jobs() -> int:
    """Declare every job; returns how many there are. Importing this module has done it."""
    jobs.app.finalize()
    return len([name for name in jobs.app.tasks if not name.startswith("celery.")])


def warm_up() -> None:
    """Load the local models before the first message comes. Without a database the rest waits for that message."""
    try:
        workflow.warm_up()
    except (DBAPIError, PoolTimeoutError) as error:
        log.warning("not all is warm: the database does not answer (%s)", type(error).__name__)


@contextmanager
def embedded_worker(*, concurrency: int | None = None) -> Iterator[None]:
    """A Celery worker and its schedule on threads of this process; stopped at the end."""
    load_jobs()
    worker = WorkController(
        app=jobs.app, pool="threads", concurrency=concurrency or settings().agent.concurrency,
        queues=",".join(jobs.QUEUES), without_gossip=True, without_mingle=True, without_heartbeat=True,
    )  # fmt: skip
    schedule = Service(jobs.app, scheduler_cls=Scheduler)
    threads = [
        threading.Thread(target=worker.start, name="worker", daemon=True),
        threading.Thread(target=schedule.start, name="beat", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        schedule.stop(wait=False)
        worker.stop()
