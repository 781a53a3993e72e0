"""A series of counts as days × bins of the day, with the days that are known to come; `forecast` reads it."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_OUTAGE_LEVEL = 20.0  # Of a day that usually brings this many, none at all is no demand but a gap.


@dataclass(frozen=True)
class Series:
    """`days`: ordinals of the days on which something can come; `slots`: minutes at which each bin begins.

    `values` has a row a day; NaN is a bin of which nothing is known, also every bin that is still to come.
    """

    days: Ints
    slots: Ints
    values: Floats
    holidays: frozenset[int] = frozenset()

    @property
    def width(self) -> int:
        return len(self.slots)

    @property
    def weekdays(self) -> Ints:
        """Monday is 0: ordinal 1 was a Monday."""
        return (self.days - 1) % 7

    def known_before(self, origin: int) -> "Series":
        """What was known when the bin with the number `origin` began."""
        values = self.values.reshape(-1).copy()
        values[origin:] = np.nan
        return replace(self, values=values.reshape(self.values.shape))

    def followed_by(self, days: int) -> "Series":
        """With as many days more, of the weekdays that are open, of which nothing is known yet."""
        ahead = days_ahead(self.days, days)
        unknown = np.full((len(ahead), self.width), np.nan)
        return replace(
            self, days=np.concatenate([self.days, ahead]), values=np.concatenate([self.values, unknown])
        )

    def without_outages(self) -> tuple["Series", list[date]]:
        """Days without a single contact where twenty and more are usual count as not known; and which they are."""
        totals = np.nansum(self.values, axis=1)
        is_known = ~np.isnan(self.values).all(axis=1)
        outages = np.zeros(len(totals), dtype=bool)
        for weekday in range(7):
            mine = is_known & (self.weekdays == weekday)
            if mine.sum() >= 4 and np.median(totals[mine]) >= _OUTAGE_LEVEL:
                outages |= mine & (totals == 0)
        values = self.values.copy()
        values[outages] = np.nan
        return replace(self, values=values), [date.fromordinal(int(day)) for day in self.days[outages]]


def days_ahead(days: Ints, count: int) -> Ints:
    """The next days of the weekdays on which there were any in the last eight weeks."""
    recent = days[days > days[-1] - 56]
    is_open = set((recent - 1) % 7)
    found: list[int] = []
    day = int(days[-1])
    while len(found) < count:
        day += 1
        if (day - 1) % 7 in is_open:
            found.append(day)
    return np.array(found, dtype=np.int64)
