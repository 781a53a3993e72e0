"""The one id that follows a message from the first byte of its request to the delivery of its answer."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("correlation_id", default="")
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def new_id() -> str:
    return secrets.token_hex(16)


def current() -> str:
    """The id of what runs now; empty outside a request or job."""
    return _current.get()


def accepted(given: str) -> str:
    """A caller's own id when it is harmless in logs and headers, else a new one."""
    return given if 8 <= len(given) <= 64 and _ALLOWED.issuperset(given) else new_id()


def adopt(correlation_id: str) -> None:
    """Use this id to the end of the present task, so that what the server logs of its failure carries it too."""
    _current.set(correlation_id or new_id())


@contextmanager
def correlate(correlation_id: str) -> Iterator[str]:
    token = _current.set(correlation_id or new_id())
    try:
        yield _current.get()
    finally:
        _current.reset(token)
