"""Dates and times of day in a text of any of the twelve languages."""

import re
from collections.abc import Iterator
from functools import lru_cache

from agent_core.quantities import Quantity
from agent_core.wording import wording
from runtime.language import LANGUAGES

ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_DOTTED = re.compile(r"(?<![\d.,/])(\d{1,2})([./])(\d{1,2})(?:\2(\d{4}|\d{2})|\.(?!\d))(?![\d%])")
_HAN_DATE = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]")
_CLOCK = re.compile(
    r"(?<![\d.,:/])(\d{1,2})(?:([:hH.])(\d{2}))?\s?((?:[ap]\.?\s?m\b\.?)|uhr\b|uur\b|h\b|noon\b|時|点)?",
    re.IGNORECASE,
)


def dates(text: str, language: str) -> Iterator[Quantity]:
    """Days of the calendar; without a year they may be of any."""
    for match in ISO.finditer(text):
        yield _date(match, {tuple(int(part) for part in match.groups())})
    for match in _HAN_DATE.finditer(text):
        year, month, day = match.groups()
        yield _date(match, {(int(year) if year else None, int(month), int(day))})
    for match in _named_dates(language).finditer(text):
        parts = match.groupdict()
        day = parts["day"] or parts["day2"]
        month = _month_numbers(language)[(parts["month"] or parts["month2"]).casefold()]
        year = parts["year"] or parts["year2"]
        yield _date(match, {(int(year) if year else None, month, int(day))})
    for match in _DOTTED.finditer(text):
        first, mark, second, year = match.groups()
        if year or (language in ("de", "pl", "tr") and mark == "." and 1 <= int(second) <= 12):
            yield _date(match, _readings(int(first), int(second), year))


def _readings(first: int, second: int, year: str | None) -> set[tuple[int | None, ...]]:
    whole = (int(year) if len(year) == 4 else 2000 + int(year)) if year else None
    pairs = ((second, first), (first, second))
    return {(whole, month, day) for month, day in pairs if 1 <= month <= 12 and 1 <= day <= 31}


def _date(match: re.Match[str], values: set[tuple[int | None, ...]]) -> Quantity:
    return Quantity(match.start(), match.end(), "date", frozenset(values), match.group())


def times(text: str, _language: str) -> Iterator[Quantity]:
    """Times of day, in minutes after midnight."""
    for match in _CLOCK.finditer(text):
        hour, mark, minutes, half = match.groups()
        half = (half or "").casefold().replace(".", "").replace(" ", "")
        if int(hour) > 24 or not (half or mark in (":", "h", "H")) or (half in ("", "h") and mark == "."):
            continue
        if half == "h" and not mark and _counts_hours(text, match):
            continue
        at = int(hour) % 12 if half in ("am", "pm") else int(hour)
        whole = (at + (12 if half == "pm" else 0)) * 60 + int(minutes or 0)
        yield Quantity(match.start(), match.end(), "time", frozenset((whole,)), match.group().strip())
    for match in re.finditer(r"\bnoon\b|\bmidday\b|\bmittags?\b|\bmidi\b|\bmediodía\b", text, re.IGNORECASE):
        yield Quantity(match.start(), match.end(), "time", frozenset((720,)), match.group(), soft=True)


def _counts_hours(text: str, match: re.Match[str]) -> bool:
    """48 h are hours; 17 h is a time. Below 25 the word before tells."""
    before = text[max(0, match.start() - 12) : match.start()].casefold()
    return not re.search(r"(?:à|às|as|las|les|dès|de|a|avant|après|até|hasta|vers)\s$", before)


@lru_cache(maxsize=len(LANGUAGES))
def _month_numbers(language: str) -> dict[str, int]:
    months = wording(language).listed("months")
    return {name.casefold(): number for number, names in enumerate(months, start=1) for name in names.split()}


@lru_cache(maxsize=len(LANGUAGES))
def _named_dates(language: str) -> re.Pattern[str]:
    names = sorted(_month_numbers(language), key=len, reverse=True)
    if not names:
        return re.compile(r"(?!)(?P<day>)(?P<day2>)(?P<month>)(?P<month2>)(?P<year>)(?P<year2>)")
    month = "|".join(map(re.escape, names))
    return re.compile(
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|º|°|er|e)?\s?(?:of\s|de\s|di\s)?(?P<month>{month})(?![^\W\d_])\.?"
        rf"(?:,?\s(?:de\s|del\s)?(?P<year>\d{{4}}))?"
        rf"|(?<!\w)(?P<month2>{month})\.?\s(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s(?P<year2>\d{{4}}))?",
        re.IGNORECASE,
    )
