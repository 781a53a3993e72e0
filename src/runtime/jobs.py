"""Queued work: Celery on RabbitMQ, or on an in-memory broker in the embedded default.

A job is a function with id arguments. It is requested inside a transaction and published after its commit;
a lost job is asked for again by a sweeper, because the rows say what is to be done.
"""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any

import amqp.exceptions
from celery import Celery
from celery.exceptions import Ignore
from celery.worker import state as worker_state
from kombu.entity import Exchange, Queue
from kombu.exceptions import OperationalError

from runtime import correlation, publisher, schedule, telemetry
from runtime.database import Committing, after_commit
from runtime.errors import Retryable
from runtime.settings import settings

log = logging.getLogger(__name__)

QUEUES = ("agent_core", "ingestion", "knowledge", "analytics", "upkeep")
_MEMORY = "memory://"
_CORRELATION = "deskfleet_correlation_id"  # Celery has a correlation_id of its own: the task's id.
_REQUESTED = "deskfleet_requested_at"

app = Celery("deskfleet", set_as_current=True)


def _configuration() -> dict[str, Any]:
    broker = settings().runtime.broker_url or _MEMORY
    memory = broker == _MEMORY
    return {
        "broker_url": broker,
        "broker_connection_timeout": 2,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {"polling_interval": 0.02} if memory else {},
        "broker_heartbeat": 10,
        "task_queues": [
            Queue(name, Exchange(name, durable=True), routing_key=name, durable=True) for name in QUEUES
        ],
        "task_default_queue": "upkeep",
        "task_create_missing_queues": False,
        "task_default_delivery_mode": "persistent",
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_ignore_result": True,
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "beat_schedule": schedule.entries(),
        "beat_max_loop_interval": 1.0,
        "timezone": "UTC",
    }


app.add_defaults(_configuration)


def job(queue: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare a function as a job of one queue. Its name is its module and name; its arguments are ids."""

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        name = f"{function.__module__}.{function.__name__}"
        schedule.declare(name, queue)

        @functools.wraps(function)
        def run(task: Any, *arguments: int | str) -> None:  # noqa: ANN401  # Celery's bound task has no type
            _run(name, function, arguments, dict(task.request.get("headers") or {}))

        app.task(run, name=name, bind=True)
        return function

    return declare


def _run(
    name: str, function: Callable[..., None], arguments: tuple[int | str, ...], headers: dict[str, str]
) -> None:
    carried = {key: value for key, value in headers.items() if key in {"traceparent", "tracestate"}}
    if requested := headers.get(_REQUESTED):
        telemetry.record_job_wait(schedule.queue_of(name), time.time() - float(requested))
    with (
        correlation.correlate(str(headers.get(_CORRELATION) or "")),
        telemetry.continued(carried),
        telemetry.span(f"job {name}"),
        telemetry.job_timer(name),
    ):
        try:
            function(*arguments)
        except Retryable as error:
            log.warning("job postponed: %s", error.detail, extra={"job": name})
            raise Ignore from error
        except Exception:
            log.exception("job failed", extra={"job": name})
            raise


def request(session: Committing, name: str, *arguments: int | str, expires_s: float | None = None) -> None:
    """Publish the job after the commit of `session`; after `expires_s` nobody need do it any more."""
    after_commit(session, functools.partial(_transport, name, arguments, _headers(), expires_s))


def request_now(name: str, *arguments: int | str) -> None:
    """Publish outside a transaction."""
    _transport(name, arguments, _headers(), None)


def _headers() -> dict[str, str]:
    return {_CORRELATION: correlation.current(), _REQUESTED: f"{time.time():.3f}", **telemetry.carrier()}


Transport = Callable[[str, tuple[int | str, ...], dict[str, str], float | None], None]


def _publish(
    name: str, arguments: tuple[int | str, ...], headers: dict[str, str], expires_s: float | None
) -> None:
    send = functools.partial(_send, name, arguments, headers, expires_s)
    if app.conf.broker_url == _MEMORY:
        send()
    else:
        # Jobs without arguments are wake-ups: one that waits to be published stands for all.
        publisher.enqueue("job", send, same="" if arguments else name)


def _send(
    name: str, arguments: tuple[int | str, ...], headers: dict[str, str], expires_s: float | None
) -> None:
    try:
        app.send_task(
            name, args=arguments, queue=schedule.queue_of(name), headers=headers, retry=False,
            ignore_result=True, expires=expires_s,
            expiration=expires_s,
        )  # fmt: skip
    except (OperationalError, amqp.exceptions.AMQPError, OSError) as error:
        raise Retryable(f"job {name} could not be published ({type(error).__name__})") from error


_transport: Transport = _publish


def use_transport(transport: Transport | None) -> None:
    """Replace how jobs are published (tests collect them and run them by hand); None: the broker again."""
    global _transport  # one per process, chosen once
    _transport = transport or _publish


def call(name: str, arguments: tuple[int | str, ...], headers: dict[str, str]) -> None:
    """Run a published job here and now, as a worker would."""
    task = app.tasks[name]
    task.apply(args=arguments, headers=headers, throw=True)


def is_stopping() -> bool:
    """Whether this worker was told to go: a job that has more work before it leaves that to others."""
    asked = worker_state.should_stop  # An exit code when it was: 0 is one, too.
    return asked is not None and asked is not False


def is_alive() -> bool:
    """Whether the broker answers; True in the embedded default."""
    if app.conf.broker_url == _MEMORY:
        return True
    try:
        with app.connection_for_write(connect_timeout=1) as connection:
            connection.ensure_connection(max_retries=1, timeout=1)
    except (OperationalError, amqp.exceptions.AMQPError, OSError):
        return False
    return True
