"""Series of counts with a known truth, for the tests of forecasts."""

from datetime import date

import numpy as np

from analytics.forecast_series import Floats, Series

MONDAY = date(2025, 3, 3).toordinal()
_WEEK = np.array([1.5, 1.2, 1.1, 1.0, 0.9, 0.4, 0.3])


def expected(days: int, *, bins: int = 24, level: float = 120.0) -> Floats:
    """Means by day and bin: a strong Monday, a quiet weekend, nothing much at night."""
    numbers = np.arange(MONDAY, MONDAY + days)
    shape = 0.1 + np.exp(-(((np.arange(bins) + 0.5) / bins * 24 - 12) ** 2) / 18)
    means: Floats = level * _WEEK[(numbers - 1) % 7][:, None] * (shape / shape.sum())[None]
    return means


def counts(means: Floats, *, seed: int = 7) -> Series:
    drawn = np.random.default_rng(seed).poisson(means).astype(np.float64)
    days = np.arange(MONDAY, MONDAY + len(means), dtype=np.int64)
    width = means.shape[1]
    return Series(days, np.arange(width, dtype=np.int64) * (1440 // width), drawn)


def as_long(series: Series) -> str:
    lines = ["timestamp,value"]
    for day, row in zip(series.days, series.values, strict=True):
        for minute, value in zip(series.slots, row, strict=True):
            stamp = f"{date.fromordinal(int(day))}T{minute // 60:02}:{minute % 60:02}"
            lines.append(f"{stamp},{value:g}")
    return "\n".join(lines)


def as_wide(series: Series) -> str:
    lines = [",".join(["date", *(f"h{minute // 60:02}" for minute in series.slots)])]
    for day, row in zip(series.days, series.values, strict=True):
        lines.append(",".join([str(date.fromordinal(int(day))), *(f"{value:g}" for value in row)]))
    return "\n".join(lines)
