"""A few threads for what can run beside its caller, such as a query beside a computation."""

import contextvars
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import ParamSpec, TypeVar

_THREADS = 8  # Each may take a connection of the pool.

P = ParamSpec("P")
T = TypeVar("T")


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="alongside")


# A fork takes the pool along, and none of its threads.
os.register_at_fork(after_in_child=_threads.cache_clear)


def alongside(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Start it in another thread, in the caller's context; `.result()` waits for it and raises what it raised.

    While all threads are busy it waits its turn, so it must not wait for another of its kind.
    """
    context = contextvars.copy_context()
    return _threads().submit(lambda: context.run(function, *args, **kwargs))
