"""One loop for each mailbox: waits for mail, has it handled, and outlives every failure of its server."""

import logging
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from imap_tools.idle import get_socket_poller
from imap_tools.mailbox import BaseMailBox
from sqlalchemy.exc import SQLAlchemyError

from ingestion import mailboxes, parked
from ingestion.mail import boxes, folder, imap
from ingestion.mail.box import Box
from ingestion.mail.reading import Look, Watch, look
from ingestion.mail.servers import Server
from runtime import telemetry
from runtime.database import transaction
from runtime.errors import DeskfleetError, SettingError
from runtime.settings import settings

log = logging.getLogger(__name__)

_LONGEST_PAUSE_S = 300.0
# What came between the look and the wait may sit unseen in the library's buffer, and a line may die silently:
# a wait is never longer, though servers allow 29 minutes.
_IDLE_S = 10.0
_SUPERVISED_EVERY_S = 1.0
_chance = secrets.SystemRandom()


@dataclass(frozen=True)
class _Loop:
    watch: Watch
    thread: threading.Thread


def run(stop: threading.Event) -> None:
    """Read every mailbox until `stop` is set, also those that admins add meanwhile.

    Raises SettingError at once when a setting is wrong.
    """
    loops: dict[str, _Loop] = {}
    wanted = _wanted()
    while True:
        _supervise(loops, wanted)
        if stop.wait(_SUPERVISED_EVERY_S):
            break
        try:
            wanted = _wanted()
        except SettingError as error:
            log.warning("the mailboxes are read as before: %s", error.detail)
    for loop in loops.values():
        loop.watch.stop.set()
    for loop in loops.values():
        loop.thread.join()


def _wanted() -> dict[str, Box]:
    return {box.name: box for box in boxes.all_boxes() if not box.is_paused}


def _supervise(loops: dict[str, _Loop], wanted: Mapping[str, Box]) -> None:
    """Ends what is not wanted any more, or otherwise; starts what is new, or has ended by itself."""
    for name, loop in list(loops.items()):
        if wanted.get(name) != loop.watch.box:
            loop.watch.stop.set()
        if loop.thread.is_alive():  # Nobody else reads a mailbox before the mail at hand is finished.
            continue
        del loops[name]
        if loop.watch.stop.is_set():
            telemetry.forget_mailbox(name)
        else:
            log.error("the loop of a mailbox ended and is started anew", extra={"mailbox": name})
            loops[name] = _start(loop.watch)
    for name, box in wanted.items():
        if name not in loops:
            loops[name] = _start(Watch(box, threading.Event()))


def _start(watch: Watch) -> _Loop:
    thread = threading.Thread(target=_keep_reading, args=(watch,), name=f"mailbox {watch.box.name}")
    thread.start()
    return _Loop(watch, thread)


def _keep_reading(watch: Watch) -> None:
    """Each failure doubles the pause, a look that succeeds ends that."""
    failures = 0
    while not watch.stop.is_set():
        try:
            for done in _looks(watch):
                failures = 0
                _note_success(watch.box, done)
        except Exception as error:  # noqa: BLE001  # the loop must outlive whatever a server or network does
            failures += 1
            pause_s = pause_after(failures)
            said = _words(error)
            extra = {"mailbox": watch.box.name, "failures": failures, "pause_s": round(pause_s, 1)}
            log.warning("mailbox cannot be read: %s", said, extra=extra)
            _note_failure(watch.box, said)
            watch.stop.wait(pause_s)


def pause_after(failures: int) -> float:
    """Doubled each time and different for each mailbox, so that they do not all come back in the same moment."""
    doubled_s = settings().ingestion.poll_s * 2.0 ** min(failures, 10)
    return min(doubled_s, _LONGEST_PAUSE_S) * _chance.uniform(0.5, 1.0)


def _words(error: Exception) -> str:
    """A database's error carries the statement's values: its name alone is shown."""
    if isinstance(error, DeskfleetError):
        return error.detail
    name = type(error).__name__
    return name if isinstance(error, SQLAlchemyError) else f"{name}: {str(error)[:200]}"


def _note_success(box: Box, done: Look) -> None:
    telemetry.record_mailbox_read(box.name)
    with transaction() as session:
        mailboxes.note_fetched(session, box.place, complaint=done.complaint)
        waiting = parked.count_waiting(session, box.place)
    telemetry.record_parked_mails(box.name, count=waiting.count, oldest_s=waiting.oldest_s)


def _note_failure(box: Box, said: str) -> None:
    telemetry.record_mailbox_failure(box.name)
    try:
        with transaction() as session:
            mailboxes.note_failure(session, box.place, said)
    except SQLAlchemyError as error:
        log.warning("the mailbox's state cannot be kept: %s", type(error).__name__)


def _looks(watch: Watch) -> Iterator[Look]:
    """One session with the server; one item for each look into the mailbox."""
    return _folder_looks(watch) if watch.box.imap is None else _server_looks(watch, watch.box.imap)


def _server_looks(watch: Watch, server: Server) -> Iterator[Look]:
    with imap.connected(server) as connection:
        pushes = "IDLE" in imap.capabilities(connection)
        while not watch.stop.is_set():
            yield look(connection, watch)
            _wait(connection, watch.stop, pushes=pushes)


def _folder_looks(watch: Watch) -> Iterator[Look]:
    while not watch.stop.is_set():
        yield Look(folder.read_folder())
        watch.stop.wait(settings().ingestion.poll_s)


def _wait(connection: BaseMailBox, stop: threading.Event, *, pushes: bool) -> None:
    """Until the server says anything, where it can; else for the set time."""
    if not pushes:
        stop.wait(settings().ingestion.poll_s)
        return
    until = time.monotonic() + _IDLE_S
    connection.idle.start()  # type: ignore[no-untyped-call]  # the library leaves it without types
    while time.monotonic() < until and not stop.is_set():
        if get_socket_poller(connection.client.sock, 1):
            break
    connection.idle.stop()  # type: ignore[no-untyped-call]  # the same
