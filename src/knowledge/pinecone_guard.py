"""Spares searches the wait for a Pinecone that does not answer: a circuit breaker, shared by all processes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from llm.breaker import breaker
from llm.circuit import Position, Result
from runtime.errors import Unavailable

_NAME = "pinecone"


@contextmanager
def guarded() -> Iterator[None]:
    """Around one request; whatever it raises counts as a failure. Raises Unavailable when it is not to be made."""
    guard = breaker(_NAME)
    permit = guard.admit()
    if permit is None:
        raise Unavailable("Pinecone did not answer before; it is asked again in some seconds.")
    started = time.monotonic()
    failed = True
    try:
        yield
        failed = False
    finally:
        guard.record(permit, Result(failed=failed, latency_s=time.monotonic() - started))


def is_alive() -> bool:
    """Whether searches get answers, as far as the latest ones tell."""
    return breaker(_NAME).position() is not Position.OPEN
