"""How long an answer of the database is awaited: a line that died without a word would be waited on for ever."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

Answer = TypeVar("Answer")

REQUEST_S = 20.0  # Whoever waits for a page or an answer has gone by then.
PROBE_S = 2.0
INTAKE_S = 5.0  # Platforms hang up after ten.
_JOB_S = 120.0
_LOOK_S = 0.1

_patience_s: ContextVar[float] = ContextVar("patience_s", default=_JOB_S)

# The same for a line that the system itself finds dead: after 15 seconds without a sign of the other end.
KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Statements within wait no longer than this for their answer."""
    token = _patience_s.set(min(seconds, _patience_s.get()))
    try:
        yield
    finally:
        _patience_s.reset(token)


class Connection(psycopg.Connection[Any]):
    """Closes itself when an answer does not come in time, so that nobody gets it from the pool again."""

    def wait(self, gen: PQGen[Answer], interval: float = _LOOK_S, timeout: float | None = None) -> Answer:
        patience = _patience_s.get() if timeout is None else timeout
        until = time.monotonic() + patience
        try:
            return super().wait(gen, interval, patience)
        except psycopg.Error as error:
            if time.monotonic() < until or self.closed:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {patience:g} s") from error
