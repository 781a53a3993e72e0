"""What searches found, remembered for an hour at most and only while nothing that can be found has changed.

In this process's memory, by a hash of all that was asked, so that no question stands there.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from knowledge import revisions
from knowledge.passages import Passage
from runtime import telemetry
from runtime.database import transaction
from runtime.settings import settings

_MOST = 1_000

_lock = threading.Lock()


@dataclass(frozen=True)
class Moment:
    """What the knowledge was when a search began: the number of its changes, and until when it can be the same."""

    revision: int
    until: datetime | None


@dataclass(frozen=True)
class _Kept:
    passages: tuple[Passage, ...]
    revision: int
    ends: float  # By the monotonic clock.


_kept: OrderedDict[bytes, _Kept] = OrderedDict()


def key_of(*asked: object) -> bytes:
    """Of all that the answer depends on, but the knowledge itself."""
    return hashlib.sha256(repr(asked).encode()).digest()


def moment(session: Session) -> Moment:
    """Read it before the search reads anything."""
    return Moment(*revisions.present(session))


def _revision() -> int:
    with transaction() as session:
        return moment(session).revision


def find(key: bytes) -> list[Passage] | None:
    """What was found for the same, if it would be found again; None: search."""
    with _lock:
        kept = _kept.get(key)
    is_good = kept is not None and time.monotonic() < kept.ends and _revision() == kept.revision
    telemetry.record_cache("search", is_good)
    if kept is None or not is_good:
        return None
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
    return list(kept.passages)


def keep(key: bytes, begun: Moment, passages: list[Passage]) -> None:
    """For the lifetime that the settings name, or until an article begins or ends to be valid."""
    lifetime = float(settings().knowledge.cache_s)
    if begun.until is not None:
        lifetime = min(lifetime, (begun.until - datetime.now(UTC)).total_seconds())
    if lifetime <= 0:
        return
    with _lock:
        _kept[key] = _Kept(tuple(passages), begun.revision, time.monotonic() + lifetime)
        _kept.move_to_end(key)
        while len(_kept) > _MOST:
            _kept.popitem(last=False)


def forget() -> None:
    """Empty this process's memory: a customer is erased, or a test begins."""
    with _lock:
        _kept.clear()


def size() -> float:
    with _lock:
        return float(len(_kept))


telemetry.watch_cache("search", size)
