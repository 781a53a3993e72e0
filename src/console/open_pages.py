"""The open pages of this process, and who tells them that something changed: events at once, else the rows.

One listener and one reader of the database serve all pages. A page that hears nothing is still told within
`READ_S` seconds when the rows have changed.
"""

import asyncio
import functools
import logging
import threading
from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from runtime import events, telemetry
from runtime.database import transaction
from tickets import partial_replies
from tickets.models import Ticket, TicketEvent
from tickets.queries import waits_for_staff

log = logging.getLogger(__name__)

READ_S = 5.0
QUEUE = "queue"
_LATE_ROWS = 1_000  # A transaction may commit after later ones: so many rows back are counted as well.


class Page:
    """One open page: the names it waits for, and those that were told since it last looked."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.is_open = True
        self._told = set(names)  # At first everything: something may have happened since the page was made.
        self._wake = asyncio.Event()
        self._wake.set()
        self._loop = asyncio.get_running_loop()

    def tell(self, names: frozenset[str] | None) -> None:
        """From any thread. None: whatever it waits for."""
        told = self.names if names is None else self.names & names
        if told:
            self._schedule(functools.partial(self._told.update, told))

    def close(self) -> None:
        """From any thread: its stream ends."""
        self.is_open = False
        self._schedule(self._told.clear)

    def _schedule(self, change: Callable[[], object]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._change, change)
        except RuntimeError:  # The loop has ended with its server, and the page with it.
            log.debug("a page was gone before it was told")

    def _change(self, change: Callable[[], object]) -> None:
        change()
        self._wake.set()

    async def heard(self, *, most_s: float) -> list[str]:
        """What was told, as soon as there is any; nothing after `most_s` seconds."""
        try:
            await asyncio.wait_for(self._wake.wait(), most_s)
        except TimeoutError:
            return []
        self._wake.clear()
        told = sorted(self._told)
        self._told.clear()
        return told


_pages: set[Page] = set()
_lock = threading.Lock()
_stops: list[Callable[[], object]] = []


def join(page: Page) -> None:
    """The first page of a process starts the listening and the reading."""
    with _lock:
        _pages.add(page)
        if not _stops:
            stopped = threading.Event()
            threading.Thread(target=_read_forever, args=(stopped,), name="console-live", daemon=True).start()
            _stops.extend((events.subscribe(_hear), stopped.set))


def leave(page: Page) -> None:
    """The last page ends both."""
    with _lock:
        _pages.discard(page)
        if not _pages:
            while _stops:
                _stops.pop()()


def count() -> int:
    return len(_pages)


telemetry.watch_open("console", count)


def close_all() -> None:
    """End every stream, so that a server that is asked to stop need not wait for open pages."""
    for page in tuple(_pages):
        page.close()


def _hear(topic: str, payload: dict[str, str | int]) -> None:
    if topic == partial_replies.TOPIC:  # No page of staff shows it, and it comes with every sentence.
        return
    _tell(frozenset({QUEUE, f"ticket-{payload.get('ticket_id')}"}))


def _tell(names: frozenset[str] | None) -> None:
    for page in tuple(_pages):
        page.tell(names)


def _read_forever(stopped: threading.Event) -> None:
    known = _read_state()
    while not stopped.wait(READ_S):
        present = _read_state()
        if present is not None and present != known:
            _tell(None)
            known = present


def _read_state() -> tuple[int, ...] | None:
    """Figures that change with every step of any ticket, and when a deadline passes; None: no database."""
    newest = select(func.coalesce(func.max(TicketEvent.id), 0)).scalar_subquery()
    steps = select(func.count(), func.max(TicketEvent.id)).where(TicketEvent.id > newest - _LATE_ROWS)
    waiting = select(func.count()).select_from(Ticket).where(waits_for_staff())
    try:
        with transaction() as session:
            return (*session.execute(steps).one(), session.scalar(waiting) or 0)
    except (OperationalError, PoolTimeoutError) as error:
        log.warning("the console is not live for the moment: %s", type(error).__name__)
        return None
