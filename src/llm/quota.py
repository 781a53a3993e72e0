"""The rules of a provider's limits, as pure functions over their state. `quotas` keeps the state.

Minutes are token buckets, as the vendors count them: full at the start, refilled all the time. Days are counted.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from runtime.llm_settings import ProviderLimits

_POLL_S = 0.1  # When a place becomes free is not known.


@dataclass(frozen=True)
class Bucket:
    """What may still be taken, at a certain time; below zero when a call took more than it had asked for."""

    left: float
    at: float


@dataclass(frozen=True)
class Use:
    """What of the limits is in use. `in_flight`: calls and until when each is believed to live."""

    in_flight: tuple[tuple[str, float], ...] = ()
    requests: Bucket | None = None
    tokens: Bucket | None = None
    day: str = ""
    requests_today: int = 0
    tokens_today: int = 0


@dataclass(frozen=True)
class Want:
    """One call that would begin. A process that dies holds its place for `hold_s`."""

    call_id: str
    tokens: int
    hold_s: float


def enter(use: Use, limits: ProviderLimits, want: Want, now: float) -> tuple[Use, float]:
    """The state with the call in it and 0, or the state as it was and the seconds to wait."""
    use = _of_today(use, now)
    alive = tuple(one for one in use.in_flight if one[1] > now)
    requests = _refilled(use.requests, limits.requests_minute, now)
    tokens = _refilled(use.tokens, limits.tokens_minute, now)
    wait_s = max(
        _POLL_S if limits.concurrency and len(alive) >= limits.concurrency else 0.0,
        _wait_s(requests, limits.requests_minute, 1),
        _wait_s(tokens, limits.tokens_minute, want.tokens),
        _wait_for_tomorrow_s(use, limits, want, now),
    )
    if wait_s:
        return use, wait_s
    return Use(
        in_flight=(*alive, (want.call_id, now + want.hold_s)),
        requests=_less(requests, 1),
        tokens=_less(tokens, want.tokens),
        day=use.day,
        requests_today=use.requests_today + 1,
        tokens_today=use.tokens_today + want.tokens,
    ), 0.0


def leave(use: Use, limits: ProviderLimits, want: Want, used: int, now: float) -> Use:
    """The state after the call, which took `used` tokens."""
    use = _of_today(use, now)
    return replace(
        use,
        in_flight=tuple(one for one in use.in_flight if one[0] != want.call_id),
        tokens=_less(_refilled(use.tokens, limits.tokens_minute, now), used - want.tokens),
        tokens_today=max(0, use.tokens_today + used - want.tokens),
    )


def _of_today(use: Use, now: float) -> Use:
    today = datetime.fromtimestamp(now, UTC).date().isoformat()
    return use if use.day == today else replace(use, day=today, requests_today=0, tokens_today=0)


def _refilled(bucket: Bucket | None, per_minute: int, now: float) -> Bucket | None:
    if not per_minute:
        return None
    if bucket is None:
        return Bucket(per_minute, now)
    gained = max(0.0, now - bucket.at) * per_minute / 60
    return Bucket(min(per_minute, bucket.left + gained), max(now, bucket.at))


def _wait_s(bucket: Bucket | None, per_minute: int, wanted: int) -> float:
    """A call that wants more than a whole minute's share goes when the bucket is full."""
    if bucket is None:
        return 0.0
    missing = min(wanted, per_minute) - bucket.left
    return (
        missing * 60 / per_minute if missing > 1e-6 else 0.0
    )  # Refilling adds fractions that do not add up.


def _less(bucket: Bucket | None, taken: int) -> Bucket | None:
    return bucket and replace(bucket, left=bucket.left - taken)


def _wait_for_tomorrow_s(use: Use, limits: ProviderLimits, want: Want, now: float) -> float:
    is_over = (limits.requests_day and use.requests_today >= limits.requests_day) or (
        limits.tokens_day and use.tokens_today + want.tokens > limits.tokens_day
    )
    return 86_400 - now % 86_400 if is_over else 0.0
