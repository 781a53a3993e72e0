"""One thread per process that hands jobs and events to RabbitMQ, so that no request ever waits for a broker.

What is published are hints: the rows hold the truth and the sweepers ask again for what was lost. So the buffer
is bounded, and while the broker is away new hints are dropped and counted instead of piling up.
"""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable

from runtime import telemetry
from runtime.errors import Retryable

log = logging.getLogger(__name__)

_CAPACITY = 10_000
_PAUSE_S = 2.0
_IDLE_S = 5.0
# Between two looks into the buffer, so that under load one look finds many hints, of which alike ones are one.
_PACE_S = 0.01

Action = Callable[[], None]


class Publisher:
    """A bounded buffer and the thread that empties it. `keep_alive` is called when there is nothing to do.

    A deque, because the locks of a queue cost a request more than all else that is done here.
    """

    def __init__(self) -> None:
        self._buffer: deque[tuple[str, Action, str]] = deque()
        self._filled = threading.Event()
        self._waiting: set[str] = set()
        self._publishing = False
        self._closed_until = 0.0
        self._keep_alive: list[Action] = []
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def enqueue(self, kind: str, action: Action, *, same: str = "") -> None:
        """Publish later; `action` raises Retryable when the broker is away.

        While one with the same non-empty `same` waits, another is not needed: it would say nothing new.
        """
        if same and same in self._waiting:
            telemetry.record_published(kind, "merged")
            return
        if time.monotonic() < self._closed_until:
            telemetry.record_published(kind, "dropped")
            return
        if len(self._buffer) >= _CAPACITY:
            telemetry.record_published(kind, "dropped")
            return
        self._ensure_thread()
        self._waiting.add(same)  # Before it is in the buffer: the thread may be quicker than we are.
        self._buffer.append((kind, action, same))
        if not self._filled.is_set():
            self._filled.set()

    def keep_alive(self, action: Action) -> None:
        self._keep_alive.append(action)

    def flush(self, timeout_s: float = 2.0) -> None:
        """Wait until everything so far is published, or the time is over."""
        deadline = time.monotonic() + timeout_s
        while (self._buffer or self._publishing) and time.monotonic() < deadline:
            time.sleep(0.005)

    def _ensure_thread(self) -> None:
        if not self._is_running():
            with self._starting:
                if not self._is_running():
                    self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
                    self._thread.start()

    def _is_running(self) -> bool:
        """An error that nobody foresaw ends the thread; the next hint starts another."""
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        while True:
            if not self._filled.wait(_IDLE_S):
                self._idle()
                continue
            # Before the look into the buffer: what is put there after the look sets it again.
            self._filled.clear()
            self._publishing = True  # Before the first one is taken out: `flush` waits for that one too.
            try:
                while self._buffer:
                    kind, action, same = self._buffer.popleft()
                    # From here on a further one says something new: it may be of a later commit.
                    self._waiting.discard(same)
                    self._publish(kind, action)
            finally:
                self._publishing = False
            time.sleep(_PACE_S)

    def _publish(self, kind: str, action: Action) -> None:
        try:
            action()
            telemetry.record_published(kind, "sent")
        except Retryable as error:
            self._closed_until = time.monotonic() + _PAUSE_S
            telemetry.record_published(kind, "failed")
            log.warning("broker away, hints are dropped for %s s: %s", _PAUSE_S, error.detail)
        except Exception:  # the thread must outlive whatever publishing does
            telemetry.record_published(kind, "failed")
            log.exception("a hint could not be published", extra={"kind": kind})

    def _idle(self) -> None:
        for action in self._keep_alive:
            try:
                action()
            except Retryable as error:
                log.warning("broker away: %s", error.detail)
            except Exception:  # the same
                log.exception("a connection could not be kept alive")


_publisher = Publisher()


def enqueue(kind: str, action: Action, *, same: str = "") -> None:
    _publisher.enqueue(kind, action, same=same)


def keep_alive(action: Action) -> None:
    _publisher.keep_alive(action)


def flush(timeout_s: float = 2.0) -> None:
    _publisher.flush(timeout_s)


def _renew_after_fork() -> None:
    global _publisher  # a forked child has no thread and must not share its parent's buffer
    _publisher = Publisher()


os.register_at_fork(after_in_child=_renew_after_fork)
atexit.register(flush)
