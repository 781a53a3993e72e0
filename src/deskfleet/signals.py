"""Turns SIGTERM into an orderly end. uvicorn raises the signal again when it has stopped serving, and the default
action would end the process before anything else, such as the embedded database, is stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class _Stopped(BaseException):
    """Not an error: nobody on the way may catch it."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


@contextmanager
def orderly_end() -> Iterator[None]:
    """What is inside may be ended by SIGINT or SIGTERM; what follows runs all the same."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, _stop) for number in numbers}
    try:
        yield
    except (_Stopped, KeyboardInterrupt):
        for number in numbers:  # A second signal must not interrupt the cleaning up.
            signal.signal(number, signal.SIG_IGN)
    else:
        for number, handler in before.items():
            signal.signal(number, handler)
