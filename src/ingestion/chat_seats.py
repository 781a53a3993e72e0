"""How many chats may be open in this process: of one visitor, of one address, and all together."""

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

from runtime import telemetry
from runtime.errors import RateLimited, Unavailable
from runtime.settings import settings
from runtime.web import listed

_RETRY_S = 10.0

_lock = threading.Lock()
_taken: Counter[str] = Counter()
telemetry.watch_open("chat", lambda: _taken[""])


@contextlib.contextmanager
def seat(visitor_id: str, *, address: str) -> Iterator[None]:
    """A place for one socket, for as long as the block runs. Raises RateLimited or Unavailable when there is none."""
    names = ("", f"visitor:{visitor_id}", f"address:{address}")
    with _lock:
        _check(names, address)
        _taken.update(names)
    try:
        yield
    finally:
        with _lock:
            _taken.subtract(names)
            for name in names:
                if not _taken[name]:
                    del _taken[name]


def _check(names: tuple[str, str, str], address: str) -> None:
    chat = settings().chat
    everybody, visitors, addresses = (_taken[name] for name in names)
    if everybody >= chat.sockets_per_process:
        raise Unavailable("Too many chats are open here: try again in a moment.")
    if visitors >= chat.sockets_per_visitor:
        raise RateLimited("This chat is open too often: close some of its tabs.", retry_after_s=_RETRY_S)
    if addresses >= chat.sockets_per_address and address not in listed(settings().web.rate_allow):
        raise RateLimited("Too many chats are open from this address.", retry_after_s=_RETRY_S)
