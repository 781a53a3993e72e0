"""Made-up contact volume of the past 26 weeks, with the patterns that a forecast must find.

Business hours, a strong Monday, a busy month start, a shopping day with its aftermath, and slow growth.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from analytics.volume import Hour

WEEKS = 26
_SEED = 20_260_101
_WEEKDAYS = (1.45, 1.15, 1.05, 1.0, 0.95, 0.45, 0.35)  # Monday first.
_SHARES = {"mail": 0.5, "web_chat": 0.35, "api": 0.15}
_SHOPPING_DAY = (11, 24)  # The last Friday of November is never far from it.


def past_weeks(now: datetime | None = None) -> Iterator[Hour]:
    """Hour by hour and channel by channel, up to the present hour; the same numbers during the whole of that hour."""
    end = (now or datetime.now(UTC)).replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(weeks=WEEKS)
    draw = np.random.default_rng(_SEED)
    for offset in range(WEEKS * 7 * 24):
        hour = start + timedelta(hours=offset)
        for channel, share in _SHARES.items():
            count = int(draw.poisson(_expected(hour, offset) * share))
            if count:
                yield Hour(hour, channel, "", count)


def _expected(hour: datetime, offset: int) -> float:
    """Messages an hour: about 30 at the peak of an ordinary day."""
    working = math.exp(-(((hour.hour - 10.5) / 3.2) ** 2)) + 0.75 * math.exp(
        -(((hour.hour - 15.5) / 2.8) ** 2)
    )
    month_start = 1.35 if hour.day <= 3 else 1.0
    growth = 1.0 + 0.15 * offset / (WEEKS * 7 * 24)
    return (1.0 + 26.0 * working) * _WEEKDAYS[hour.weekday()] * month_start * growth * _shopping(hour)


def _shopping(hour: datetime) -> float:
    """Orders of the shopping day ask for their parcels during the following week."""
    day = datetime(hour.year, *_SHOPPING_DAY, tzinfo=UTC)
    day += timedelta(days=(4 - day.weekday()) % 7)
    days_after = (hour - day) / timedelta(days=1)
    return 1.0 + 1.6 * math.exp(-days_after / 3.0) if 0 <= days_after < 10 else 1.0
