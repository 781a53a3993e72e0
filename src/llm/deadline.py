"""Time limits of a model call that hold at the socket, and the HTTP client that keeps them.

A read timeout alone does not do: it starts again with each piece, and vendors send pings meanwhile.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from ssl import SSLContext
from typing import Any

import httpcore2
import httpx2

_LIMITS = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)


@dataclass
class Deadline:
    """Until when the first token, then the end, of an answer must have come (clock: time.monotonic)."""

    first_token_at: float
    total_at: float
    has_begun: bool = False

    def left_s(self) -> float:
        now = time.monotonic()
        return (self.total_at if self.has_begun else min(self.first_token_at, self.total_at)) - now


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(*, first_token_s: float, total_s: float) -> Iterator[Deadline]:
    """Network calls of this thread fail with a timeout when the time is over."""
    now = time.monotonic()
    limit = Deadline(now + first_token_s, now + total_s)
    token = _current.set(limit)
    try:
        yield limit
    finally:
        _current.reset(token)


def _lowered(timeout: float | None, error: type[httpcore2.TimeoutException]) -> float | None:
    limit = _current.get()
    if limit is None:
        return timeout
    left_s = limit.left_s()
    if left_s <= 0:
        raise error("The time limit of the call is over.")
    return left_s if timeout is None else min(timeout, left_s)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _lowered(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _lowered(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        timeout = _lowered(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  # the library's own signature
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        timeout = _lowered(timeout, httpcore2.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, timeout, local_address, socket_options))


class _Client(httpx2.Client):
    """httpx2 offers no public way to choose the network backend; tests of the limits show that this works."""

    def _init_transport(self, *args: Any, **kwargs: Any) -> httpx2.BaseTransport:  # noqa: ANN401  # passed on
        return _with_deadlines(super()._init_transport(*args, **kwargs))

    def _init_proxy_transport(self, *args: Any, **kwargs: Any) -> httpx2.BaseTransport:  # noqa: ANN401  # passed on
        return _with_deadlines(super()._init_proxy_transport(*args, **kwargs))


def _with_deadlines(transport: httpx2.BaseTransport) -> httpx2.BaseTransport:
    if isinstance(transport, httpx2.HTTPTransport):
        transport._pool._network_backend = _Backend()
    return transport


@lru_cache(maxsize=1)
def http_client() -> httpx2.Client:
    """The connections of this process to all providers."""
    return _Client(limits=_LIMITS, follow_redirects=True)


def close_connections() -> None:
    if http_client.cache_info().currsize:
        http_client().close()
        http_client.cache_clear()
