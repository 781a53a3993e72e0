"""Metrics and traces. The only file that knows OpenTelemetry and Prometheus."""

import importlib.metadata
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from wsgiref.simple_server import WSGIServer

from opentelemetry import context, propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    start_http_server,
)

from runtime.redaction import redact
from runtime.settings import settings

METRICS_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60)
_ANSWER_SECONDS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 900, 3600)

_http = Histogram(
    "deskfleet_http_request_seconds",
    "Requests by route and status",
    ["method", "route", "status"],
    buckets=_SECONDS,
)
# A label `job` would be overwritten by Prometheus, whose own it is.
_jobs = Histogram("deskfleet_job_seconds", "Jobs by name and result", ["name", "result"], buckets=_SECONDS)
_received = Counter("deskfleet_messages_received", "Messages of customers", ["channel", "duplicate"])
_outcomes = Counter("deskfleet_outcomes", "What became of a message", ["outcome", "category", "reason"])
_answer = Histogram(
    "deskfleet_answer_seconds", "From receipt to outcome", ["channel", "outcome"], buckets=_ANSWER_SECONDS
)
_deliveries = Counter("deskfleet_deliveries", "Replies handed to a channel", ["channel", "result"])
_llm = Histogram(
    "deskfleet_llm_call_seconds", "Model calls", ["provider", "purpose", "outcome"], buckets=_SECONDS
)
_llm_tokens = Counter("deskfleet_llm_tokens", "Tokens", ["provider", "purpose", "kind"])
_llm_cost = Counter("deskfleet_llm_cost_usd", "Cost of model calls in US dollars", ["provider", "purpose"])
_budget_warnings = Counter(
    "deskfleet_budget_warnings", "Shares of a budget that were passed", ["scope", "percent"]
)
_budget_refusals = Counter("deskfleet_budget_refusals", "Calls that a budget had no room for", ["scope"])
_budget_share = Gauge(
    "deskfleet_budget_used_share", "Spent share of the budget of the day and the month", ["scope"]
)
_keyword_searches = Counter(
    "deskfleet_keyword_only_searches", "Searches that had to do without vectors", ["cause"]
)
_spared = Counter("deskfleet_llm_spared", "Questions that another one's answer answered", ["purpose", "how"])
_held_back = Counter(
    "deskfleet_llm_held_back", "Calls that a provider's limits had no room for", ["provider"]
)
_unwritten = Gauge("deskfleet_llm_unwritten_calls", "Calls whose row waits for the database")
_breaker = Gauge(
    "deskfleet_breaker_state", "1 for the present state of a provider's breaker", ["provider", "state"]
)
_publishing = Counter("deskfleet_published", "Jobs and events handed to the broker", ["kind", "result"])
_mailbox = Gauge(
    "deskfleet_mailbox_last_fetch_timestamp_seconds", "When a mailbox was last read", ["mailbox"]
)
_mailbox_failures = Counter("deskfleet_mailbox_failures", "Looks into a mailbox that failed", ["mailbox"])
_parked = Gauge("deskfleet_parked_mails", "Mails that were parked and wait for a person", ["mailbox"])
_oldest_parked = Gauge("deskfleet_oldest_parked_mail_seconds", "Age of the oldest of them", ["mailbox"])
_waiting = Gauge("deskfleet_waiting_messages", "Messages without an outcome yet", ["owner"])
_oldest = Gauge("deskfleet_oldest_waiting_seconds", "Age of the oldest of them", ["owner"])
_oldest_critical = Gauge(
    "deskfleet_oldest_critical_seconds", "Age of the oldest of them whose priority is critical", ["owner"]
)
_job_wait = Histogram(
    "deskfleet_job_wait_seconds", "From the request of a job to its start", ["queue"], buckets=_ANSWER_SECONDS
)
_part = Gauge("deskfleet_dependency_up", "1 while a part that the process needs answers", ["part"])
_pool = Gauge("deskfleet_database_connections", "Connections of the pool in use, and its limit", ["state"])
_ratings = Counter("deskfleet_ratings", "How content customers said they are, 1 to 5", ["rating"])
_open = Gauge(
    "deskfleet_open_connections", "What stays open: sockets of chats, live pages of staff", ["kind"]
)
_threads = Gauge("deskfleet_web_threads", "Threads of requests that are busy, and their limit", ["state"])
_cache_asks = Counter(
    "deskfleet_cache_asks", "Questions to a cache, and whether it knew", ["cache", "result"]
)
_cache_size = Gauge("deskfleet_cache_entries", "What a cache of this process holds", ["cache"])
_build = Gauge("deskfleet_build_info", "The version that runs, as a label", ["version", "process"])


# Of what each request counts: to find a series by its labels takes longer than to count in it.
_MOST_KNOWN = 2_048
_known_http = lru_cache(_MOST_KNOWN)(_http.labels)
_known_received = lru_cache(_MOST_KNOWN)(_received.labels)
_known_publishing = lru_cache(_MOST_KNOWN)(_publishing.labels)
_known_cache_asks = lru_cache(_MOST_KNOWN)(_cache_asks.labels)

# Whoever knocks may send any word as the method; each would be a series of its own.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_tracing = False


def configure(process: str) -> None:
    """Name the process; export spans when an endpoint is set, otherwise they cost nothing."""
    _build.labels(importlib.metadata.version("deskfleet"), process).set(1)
    endpoint = settings().runtime.otlp_endpoint
    if endpoint and not isinstance(trace.get_tracer_provider(), TracerProvider):
        _export_spans(process, endpoint)
    global _tracing  # asked for each span; OpenTelemetry would look into the environment each time
    _tracing = isinstance(trace.get_tracer_provider(), TracerProvider)


def _export_spans(process: str, endpoint: str) -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": f"deskfleet-{process}"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=500))
    trace.set_tracer_provider(provider)


@dataclass(frozen=True)
class Listener:
    """The little server of a process that serves no other HTTP."""

    server: WSGIServer
    thread: threading.Thread

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def listen() -> Listener | None:
    """Answer Prometheus from a process that serves no HTTP, when a port is set; it lives as long as the process."""
    port = settings().runtime.metrics_port
    return Listener(*start_http_server(port, addr=settings().web.host)) if port else None


def shut_down() -> None:
    """Send what is left."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


@contextmanager
def span(name: str, **attributes: str | int | float | bool) -> Iterator[trace.Span]:
    """A step of the trace. Attribute names have `__` where the convention has a dot."""
    if not _tracing:
        yield trace.INVALID_SPAN
        return
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    tracer = trace.get_tracer("deskfleet")
    # An error's text may repeat what a customer wrote: it is recorded by us, and redacted.
    with tracer.start_as_current_span(
        name, attributes=named, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            said = redact(str(error))
            current.add_event(
                "exception", {"exception.type": type(error).__name__, "exception.message": said}
            )
            current.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise


def count_keyword_search(cause: str) -> None:
    """A search without vectors, because the embedder or their store failed."""
    _keyword_searches.labels(cause).inc()


def carrier() -> dict[str, str]:
    """The headers that let another process continue the present trace."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


@contextmanager
def continued(headers: Mapping[str, str]) -> Iterator[None]:
    """Continue the trace of another process."""
    if not headers:
        yield
        return
    token = context.attach(propagate.extract(dict(headers)))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def job_timer(job: str) -> Iterator[None]:
    started = time.perf_counter()
    result = "failed"
    try:
        yield
        result = "done"
    finally:
        _jobs.labels(job, result).observe(time.perf_counter() - started)


def record_http(method: str, route: str, status: int, seconds: float) -> None:
    _known_http(method if method in _METHODS else "other", route, str(status)).observe(seconds)


def record_received(channel: str, *, duplicate: bool) -> None:
    _known_received(channel, str(duplicate).lower()).inc()


def record_outcome(outcome: str, *, channel: str, category: str, reason: str, seconds: float) -> None:
    _outcomes.labels(outcome, category, reason).inc()
    _answer.labels(channel, outcome).observe(seconds)


def record_delivery(channel: str, result: str) -> None:
    _deliveries.labels(channel, result).inc()


def record_published(kind: str, result: str) -> None:
    _known_publishing(kind, result).inc()


def record_mailbox_read(mailbox: str) -> None:
    _mailbox.labels(mailbox).set_to_current_time()


def record_mailbox_failure(mailbox: str) -> None:
    _mailbox_failures.labels(mailbox).inc()


def forget_mailbox(mailbox: str) -> None:
    """It is not read any more, and nobody shall wait for it."""
    for gauge in (_mailbox, _parked, _oldest_parked):
        with suppress(KeyError):
            gauge.remove(mailbox)


def record_parked_mails(mailbox: str, *, count: int, oldest_s: float) -> None:
    _parked.labels(mailbox).set(count)
    _oldest_parked.labels(mailbox).set(oldest_s)


def record_waiting(owner: str, *, count: int, oldest_s: float, oldest_critical_s: float) -> None:
    _waiting.labels(owner).set(count)
    _oldest.labels(owner).set(oldest_s)
    _oldest_critical.labels(owner).set(oldest_critical_s)


def record_job_wait(queue: str, seconds: float) -> None:
    _job_wait.labels(queue).observe(max(0.0, seconds))


def record_dependency(part: str, *, up: bool) -> None:
    _part.labels(part).set(up)


def watch_pool(in_use: Callable[[], float], most: int) -> None:
    """The pool is asked whenever the metrics are read."""
    _pool.labels("in_use").set_function(in_use)
    _pool.labels("most").set(most)


def watch_threads(busy: Callable[[], float], most: int) -> None:
    _threads.labels("busy").set_function(busy)
    _threads.labels("most").set(most)


def watch_open(kind: str, count: Callable[[], float]) -> None:
    """`kind`: chat or console."""
    _open.labels(kind).set_function(count)


def record_rating(rating: int) -> None:
    _ratings.labels(str(rating)).inc()


def record_cache(cache: str, hit: bool) -> None:
    """`cache` is a name of the code, such as `search`; never a key of it."""
    _known_cache_asks(cache, "hit" if hit else "miss").inc()


def watch_cache(cache: str, size: Callable[[], float]) -> None:
    """The cache is asked for its number of entries whenever the metrics are read."""
    _cache_size.labels(cache).set_function(size)


def record_llm_call(  # noqa: PLR0913  # one call has this many figures
    provider: str,
    model: str,
    *,
    purpose: str,
    outcome: str,
    seconds: float,
    input_tokens: int,
    output_tokens: int,
    cost_usd: Decimal,
) -> None:
    del model  # Known to the span; as a label it would not be bounded.
    _llm.labels(provider, purpose, outcome).observe(seconds)
    _llm_tokens.labels(provider, purpose, "input").inc(input_tokens)
    _llm_tokens.labels(provider, purpose, "output").inc(output_tokens)
    _llm_cost.labels(provider, purpose).inc(float(cost_usd))


def record_budget_warning(scope: str, percent: int) -> None:
    _budget_warnings.labels(scope, str(percent)).inc()


def record_budget_refusal(scope: str) -> None:
    _budget_refusals.labels(scope).inc()


def record_budget_share(scope: str, share: float) -> None:
    _budget_share.labels(scope).set(share)


def record_spared(purpose: str, how: str) -> None:
    _spared.labels(purpose, how).inc()


def record_held_back(provider: str) -> None:
    _held_back.labels(provider).inc()


def record_unwritten(count: int) -> None:
    _unwritten.set(count)


def record_breaker(provider: str, state: str) -> None:
    for one in ("closed", "open", "half_open"):
        _breaker.labels(provider, one).set(one == state)


def exposition() -> bytes:
    """All metrics of this process in Prometheus' text format."""
    return generate_latest()
