"""Wakes the chat sockets of this process: one subscription to the events and one look at the rows for all of them.

Events are hints: what none of them told is found by the look, every few seconds.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ingestion import chat_news
from ingestion.chat_sessions import DATABASE_AWAY
from runtime import events
from tickets import partial_replies

log = logging.getLogger(__name__)

LOOK_S = 5.0
TYPING = "typing.staff"


class Ear:
    """What one socket listens with. Events come on other threads, so they reach its loop the safe way."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._typing = False

    def type(self) -> None:
        """A colleague is typing: of no row, and gone when nobody is there to see it."""
        self._typing = True
        self.ring()

    def take_typing(self) -> bool:
        """Whether somebody typed since this was asked last."""
        typed, self._typing = self._typing, False
        return typed

    def ring(self) -> None:
        # A loop that ended meanwhile has no socket left to wake.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._rung.set)

    async def wait(self, most_s: float | None = None) -> None:
        """Return when something may have happened, at the latest after `most_s` seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), most_s)
        self._rung.clear()


@dataclass
class _Room:
    ears: set[Ear] = field(default_factory=set)
    ticket_ids: set[int] = field(default_factory=set)


_lock = threading.Lock()
_rooms: dict[str, _Room] = {}
_room_of_ticket: dict[int, _Room] = {}
_stop: Callable[[], None] | None = None


@contextlib.contextmanager
def listening(conversation_id: str) -> Iterator[Ear]:
    """Hear of one conversation: of its tickets, once `follow` names them, and of its other sockets."""
    global _stop  # One subscription and one thread for the process, while anybody listens.
    ear = Ear()
    with _lock:
        _rooms.setdefault(conversation_id, _Room()).ears.add(ear)
        if _stop is None:
            _stop = _start()
    try:
        yield ear
    finally:
        with _lock:
            _leave(conversation_id, ear)
            if not _rooms and _stop is not None:
                _stop()
                _stop = None


def _start() -> Callable[[], None]:
    unsubscribe = events.subscribe(_on_event)
    ended = threading.Event()
    threading.Thread(target=_look_again_and_again, args=(ended,), name="chat-look", daemon=True).start()

    def stop() -> None:
        unsubscribe()
        ended.set()

    return stop


def _leave(conversation_id: str, ear: Ear) -> None:
    room = _rooms[conversation_id]
    room.ears.remove(ear)
    if not room.ears:
        del _rooms[conversation_id]
        for ticket_id in room.ticket_ids:
            del _room_of_ticket[ticket_id]


def follow(conversation_id: str, ticket_ids: Iterable[int]) -> None:
    """From now on events of these tickets ring in the conversation, as long as a socket listens there."""
    with _lock:
        room = _rooms.get(conversation_id)
        if room is not None:
            room.ticket_ids.update(ticket_ids)
            _room_of_ticket.update(dict.fromkeys(room.ticket_ids, room))


def ring(conversation_id: str) -> None:
    """Tell all sockets of a conversation in this process that there is something to read."""
    with _lock:
        room = _rooms.get(conversation_id)
        ears = tuple(room.ears) if room else ()
    for ear in ears:
        ear.ring()


def _on_event(topic: str, payload: dict[str, str | int]) -> None:
    if topic not in (TYPING, partial_replies.TOPIC) and not topic.startswith("ticket."):
        return
    with _lock:
        room = _room_of_ticket.get(int(payload.get("ticket_id", 0)))
        ears = tuple(room.ears) if room else ()
    for ear in ears:
        if topic == TYPING:
            ear.type()
        else:
            ear.ring()


def _look_again_and_again(ended: threading.Event) -> None:
    known: dict[str, chat_news.Mark] = {}
    while not ended.wait(LOOK_S):
        with _lock:
            listened_to = tuple(_rooms)
        try:
            marks = chat_news.read_marks(listened_to)
        except DATABASE_AWAY:
            log.warning("the chats cannot be looked at: the database does not answer")
            continue
        for conversation_id, mark in marks.items():
            if known.get(conversation_id) != mark:
                ring(conversation_id)
        known = marks
