"""Jobs: what a worker sees, and what a broker that is away does to the caller."""

import time

import pytest

from runtime import correlation, jobs, publisher
from runtime.database import transaction
from runtime.errors import Retryable
from tests.jobs import CollectedJobs

seen: list[tuple[str, ...]] = []


@jobs.job(queue="upkeep")
def note_correlation(word: str) -> None:
    seen.append((word, correlation.current()))


@jobs.job(queue="upkeep")
def fail_for_now() -> None:
    raise Retryable("the other side is away")


NAME = f"{__name__}.note_correlation"


def test_a_job_carries_the_correlation_id(run_jobs: CollectedJobs) -> None:
    with correlation.correlate("request-12345"), transaction() as session:
        jobs.request(session, NAME, "hello")
    assert run_jobs() == 1
    assert seen[-1] == ("hello", "request-12345")


def test_a_job_of_an_undone_transaction_is_not_published(run_jobs: CollectedJobs) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        jobs.request(session, NAME, "never")
        raise ZeroDivisionError
    assert run_jobs.published == []


def test_what_may_pass_is_no_failure_of_the_job(run_jobs: CollectedJobs) -> None:
    with transaction() as session:
        jobs.request(session, f"{__name__}.fail_for_now")
    assert run_jobs() == 1


def test_while_the_broker_is_away_hints_are_dropped_at_once() -> None:
    fresh = publisher.Publisher()
    tried: list[int] = []

    def away() -> None:
        tried.append(1)
        raise Retryable("away")

    fresh.enqueue("job", away)
    fresh.flush()
    started = time.monotonic()
    for _ in range(1_000):
        fresh.enqueue("job", away)
    assert time.monotonic() - started < 0.5
    assert len(tried) == 1
