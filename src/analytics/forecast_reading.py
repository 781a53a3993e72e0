"""A CSV of counts becomes a `Series`, or an error that names the line; `deskfleet evaluate forecast` calls it.

Wide: the first column is the date, every other one a bin of the day (h00, 07:05, 13). Long: timestamp, value.
"""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np

from analytics.forecast_series import Floats, Series
from runtime.errors import InvalidInput

MINUTES_OF_DAY = 1440
_MOST_GAPS = 0.2  # Of the days that should be there.
_LEAST_KNOWN = 0.75  # Of a bin's parts, before their sum is scaled up to the whole.
_FREQUENCY = re.compile(r"(?:(\d+)\s*min|(h)|(d))", re.IGNORECASE)
_BIN = re.compile(r"h?(\d{1,2})(?::(\d{2}))?h?", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """A series and what a person should know of its making."""

    series: Series
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Point:
    line: int
    day: int
    minute: int
    value: float  # NaN: not known.


def minutes_of(frequency: str) -> int:
    """Of a bin: `D`, `h`, or a number of minutes such as `5min` that divides a day."""
    found = _FREQUENCY.fullmatch(frequency.strip())
    minutes = 0
    if found:
        minutes = int(found[1]) if found[1] else 60 if found[2] else MINUTES_OF_DAY
    if minutes < 1 or MINUTES_OF_DAY % minutes:
        raise InvalidInput(
            f"{frequency!r} is no length of a bin: D, h, or minutes that divide a day such as 5min."
        )
    return minutes


def read_series(text: str, frequency: str) -> Reading:
    """Raises InvalidInput for what cannot be a series of counts; smaller matters become warnings."""
    minutes = minutes_of(frequency)
    rows = [(number, row) for number, row in enumerate(csv.reader(io.StringIO(text)), start=1) if any(row)]
    if len(rows) < 2 or len(rows[0][1]) < 2:
        raise InvalidInput("The file needs a line of headers, at least two columns, and a line of values.")
    header = rows[0][1]
    warnings: list[str] = []
    bins = [_BIN.fullmatch(name.strip()) for name in header[1:]]
    if len(header) > 2 and all(bins):
        points = _wide(rows[1:], [int(one[1]) * 60 + int(one[2] or 0) for one in bins if one])
    else:
        if len(header) > 2:
            warnings.append(
                f"Read the column {header[1]!r}; {', '.join(map(repr, header[2:]))} are left out."
            )
        points = _long(rows[1:], warnings)
    points = _in_order(points)
    series = _binned(points, minutes)
    return Reading(series, (*warnings, *_gaps(series), *_outages(series)))


def _wide(rows: Iterable[tuple[int, Sequence[str]]], minutes: Sequence[int]) -> list[_Point]:
    if len(set(minutes)) < len(minutes) or max(minutes) >= MINUTES_OF_DAY:
        raise InvalidInput("The headers name a bin twice, or one that no day has.")
    points = []
    for line, row in rows:
        day = _date(row[0], line)
        if len(row) != len(minutes) + 1:
            raise InvalidInput(
                f"Line {line} has {len(row)} columns where the headers name {len(minutes) + 1}."
            )
        points += [
            _Point(line, day, minute, _value(cell, line))
            for minute, cell in zip(minutes, row[1:], strict=True)
        ]
    return points


def _long(rows: Iterable[tuple[int, Sequence[str]]], warnings: list[str]) -> list[_Point]:
    stamped = [
        (line, _moment(row[0], line), _value(row[1] if len(row) > 1 else "", line)) for line, row in rows
    ]
    offsets = {moment.utcoffset() for _, moment, _ in stamped}
    if None in offsets and len(offsets) > 1:
        raise InvalidInput("Some timestamps have an offset from UTC and some have none.")
    if len(offsets) > 1:
        warnings.append("The offsets from UTC differ (daylight-saving time): all timestamps are read in UTC.")
        stamped = [(line, moment.astimezone(UTC), value) for line, moment, value in stamped]
    return [
        _Point(line, moment.toordinal(), moment.hour * 60 + moment.minute, value)
        for line, moment, value in stamped
    ]


def _date(text: str, line: int) -> int:
    try:
        return date.fromisoformat(text.strip()).toordinal()
    except ValueError:
        raise InvalidInput(f"Line {line}: {text[:40]!r} is no date such as 2026-03-02.") from None


def _moment(text: str, line: int) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(f"Line {line}: {text[:40]!r} is no timestamp such as 2026-03-02T09:00.") from None


def _value(text: str, line: int) -> float:
    cell = text.strip()
    if not cell or cell.lower() in ("nan", "na", "null"):
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        raise InvalidInput(f"Line {line}: {cell[:40]!r} is no number.") from None
    if not math.isfinite(value) or value < 0:
        raise InvalidInput(f"Line {line}: {cell[:40]} is no count; counts are 0 or more.")
    return value


def _in_order(points: list[_Point]) -> list[_Point]:
    """Oldest first; a file may also be newest first, but not mixed."""
    keys = [(point.day, point.minute) for point in points]
    steps = {(a > b) - (a < b) for b, a in pairwise(keys)}
    if 0 in steps:
        place = next(i for i in range(1, len(keys)) if keys[i] == keys[i - 1])
        raise InvalidInput(
            f"Line {points[place].line}: the timestamp {_name(points[place])} occurs twice. Where a clock is set back, "
            "give the offset from UTC with each timestamp."
        )
    if steps == {1, -1}:
        # A wide row is ascending within itself, so a newest-first wide file is mixed here and sorted by day.
        seen = Counter(keys)
        if max(seen.values()) > 1 or not _days_descend(points):
            place = next(i for i in range(1, len(keys)) if keys[i] < keys[i - 1])
            raise InvalidInput(
                f"Line {points[place].line}: {_name(points[place])} comes after a later timestamp; "
                "give them in order, each once."
            )
    return sorted(points, key=lambda point: (point.day, point.minute))


def _days_descend(points: Sequence[_Point]) -> bool:
    days = [point.day for point in points]
    return all(later <= earlier for earlier, later in pairwise(days))


def _name(point: _Point) -> str:
    return f"{date.fromordinal(point.day)} {point.minute // 60:02}:{point.minute % 60:02}"


def _binned(points: Sequence[_Point], minutes: int) -> Series:
    native = sorted({point.minute for point in points})
    step = math.gcd(MINUTES_OF_DAY, *(later - native[0] for later in native[1:]))
    if minutes % step and step % minutes == 0:
        raise InvalidInput(f"The file has bins of {step} minutes; they cannot be split into {minutes}.")
    days = sorted({point.day for point in points})
    rows, columns = {day: i for i, day in enumerate(days)}, {minute: i for i, minute in enumerate(native)}
    fine = np.full((len(days), len(native)), np.nan)
    for point in points:
        fine[rows[point.day], columns[point.minute]] = point.value
    slots = sorted({minute // minutes * minutes for minute in native})
    parts = [[i for i, minute in enumerate(native) if minute // minutes * minutes == slot] for slot in slots]
    values = np.column_stack([_added_up(fine[:, part]) for part in parts])
    return Series(np.array(days, dtype=np.int64), np.array(slots, dtype=np.int64), values)


def _added_up(parts: Floats) -> Floats:
    known = ~np.isnan(parts)
    share = known.mean(axis=1)
    sums = np.where(known, parts, 0.0).sum(axis=1)
    return np.where(share >= _LEAST_KNOWN, sums / np.maximum(share, 1e-9), np.nan)


def _gaps(series: Series) -> list[str]:
    """Days of a weekday that is usually there, and single bins, of which the file says nothing."""
    span = np.arange(series.days[0], series.days[-1] + 1)
    weeks = max(len(span) / 7, 1.0)
    usual = [day for day in range(7) if (series.weekdays == day).sum() >= 0.25 * weeks]
    expected = span[np.isin((span - 1) % 7, usual)] if usual else span
    missing = np.setdiff1d(expected, series.days)
    if len(missing) > _MOST_GAPS * len(expected):
        raise InvalidInput(
            f"{len(missing)} of {len(expected)} days are missing, the first is {date.fromordinal(int(missing[0]))}: "
            "the gaps leave no pattern to learn."
        )
    found = []
    if len(missing):
        found.append(f"{len(missing)} days are missing, the first is {date.fromordinal(int(missing[0]))}.")
    unknown = int(np.isnan(series.values).sum())
    if unknown > 0.5 * series.values.size:
        raise InvalidInput(f"{unknown} of {series.values.size} bins have no value.")
    if unknown:
        found.append(f"{unknown} bins have no value; they are neither learned from nor judged.")
    return found


def _outages(series: Series) -> list[str]:
    _, outages = series.without_outages()
    if not outages:
        return []
    return [
        f"{len(outages)} days without a single contact look like outages, the first is {outages[0]}: nothing is "
        "learned from them, but they are judged as they stand."
    ]
