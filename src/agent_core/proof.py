"""What is proven of each category, as this process knows it: read from the rows of last night, at most twice a minute.

The jobs of the agent call `refresh`; the rules are told through `facts`. A desk that only observes asks for nothing.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from agent_core.escalation import Proof
from analytics import gate_states
from runtime.analytics_settings import Gating
from runtime.database import transaction
from runtime.settings import settings

_LOOK_AGAIN_S = 30.0
# Of a category that no answer was checked of, unless its row says more.
_NOTHING = Proof(None, 0)


@dataclass
class _Known:
    at: float = float("-inf")
    proofs: Mapping[str, Proof] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """What one answer goes by from its beginning to its end, and its reproduction too."""

    proof: Proof | None


_looking = threading.Lock()
_known = _Known()
_held: ContextVar[Held | None] = ContextVar("proof", default=None)


def refresh(*, at_once: bool = False) -> None:
    """Before the first look nothing is proven: a process that cannot read the rows sends nothing alone."""
    if settings().analytics.gate is not Gating.ENFORCE or not _looking.acquire(blocking=at_once):
        return
    try:
        if at_once or time.monotonic() - _known.at >= _LOOK_AGAIN_S:
            with transaction() as session:
                rows = gate_states.read(session)
            _known.proofs = {one.category: Proof(one.threshold, one.more_needed) for one in rows}
            _known.at = time.monotonic()
    finally:
        _looking.release()


def of(category: str) -> Proof | None:
    """None: the desk asks for no proof."""
    if held := _held.get():
        return held.proof
    if settings().analytics.gate is not Gating.ENFORCE:
        return None
    return _known.proofs.get(category, _NOTHING)


@contextmanager
def held(known: Held) -> Iterator[None]:
    """Within, this is what is proven of the category at hand, whatever the night brings."""
    token = _held.set(known)
    try:
        yield
    finally:
        _held.reset(token)
