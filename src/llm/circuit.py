"""The rules of a circuit breaker, as pure functions over its state. `breaker` keeps the state.

Closed: calls pass. Open: none does. Half-open, once the pause is over: one probe passes and decides.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

FAILURES_IN_A_ROW = 3
SLOW_S = 5.0
SLOW_IN_A_ROW = 3
ERROR_SHARE = 0.10
LEAST_CALLS = 20  # Fewer calls in the window than this say nothing about a share.
WINDOW_S = 60.0
OPEN_S = 30.0
MOST_OPEN_S = 3600.0  # A vendor's Retry-After beyond this is taken for a mistake.
PROBE_S = 60.0  # A probe whose process died is forgotten after this.
_SLICE_S = 10.0


class Position(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class Slice:
    """The calls of ten seconds."""

    start: float
    calls: int
    errors: int


@dataclass(frozen=True)
class Circuit:
    """Times are seconds since the epoch: several machines share them."""

    failures: int = 0
    slow: int = 0
    open_until: float = 0.0  # 0: closed.
    probe_until: float = 0.0  # Until when the one probe is awaited; 0: none is under way.
    window: tuple[Slice, ...] = ()


@dataclass(frozen=True)
class Permit:
    """Leave to make one call, handed back with its result."""

    is_probe: bool


@dataclass(frozen=True)
class Result:
    """How a call went. `latency_s` runs to the first token: the rest depends on the answer's length."""

    failed: bool
    latency_s: float
    retry_after_s: float | None = None


def position(circuit: Circuit, now: float) -> Position:
    if not circuit.open_until:
        return Position.CLOSED
    return Position.OPEN if now < circuit.open_until else Position.HALF_OPEN


def admit(circuit: Circuit, now: float) -> tuple[Circuit, Permit | None]:
    """Whether a call may be made now; None: not."""
    at = position(circuit, now)
    if at is Position.CLOSED:
        return circuit, Permit(is_probe=False)
    if at is Position.HALF_OPEN and now >= circuit.probe_until:
        return replace(circuit, probe_until=now + PROBE_S), Permit(is_probe=True)
    return circuit, None


def record(circuit: Circuit, permit: Permit, result: Result, now: float) -> Circuit:
    """The state after a call."""
    if result.failed and result.retry_after_s:
        return _opened(circuit, now, result.retry_after_s)
    slow = result.latency_s > SLOW_S
    if permit.is_probe:
        return _opened(circuit, now, OPEN_S) if result.failed or slow else Circuit()
    if circuit.open_until:
        return circuit  # A call that began before it opened says nothing new.
    after = Circuit(
        failures=circuit.failures + 1 if result.failed else 0,
        slow=circuit.slow + 1 if slow else 0,
        window=_counted(circuit.window, now, failed=result.failed),
    )
    return _opened(after, now, OPEN_S) if _must_open(after) else after


def _opened(circuit: Circuit, now: float, seconds: float) -> Circuit:
    return Circuit(open_until=max(circuit.open_until, now + min(seconds, MOST_OPEN_S)))


def _must_open(circuit: Circuit) -> bool:
    if circuit.failures >= FAILURES_IN_A_ROW or circuit.slow >= SLOW_IN_A_ROW:
        return True
    calls = sum(part.calls for part in circuit.window)
    errors = sum(part.errors for part in circuit.window)
    return calls >= LEAST_CALLS and errors > ERROR_SHARE * calls


def _counted(window: tuple[Slice, ...], now: float, *, failed: bool) -> tuple[Slice, ...]:
    start = now - now % _SLICE_S
    kept = [part for part in window if part.start > now - WINDOW_S and part.start != start]
    present = next((part for part in window if part.start == start), Slice(start, 0, 0))
    return (*kept, Slice(start, present.calls + 1, present.errors + failed))
