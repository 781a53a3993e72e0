"""Numbers with what they count, dates, times, links, addresses and codes in a text of any of the twelve languages.

Two quantities agree when they say the same: thirty days and 30 days, 2 weeks and 14 days, $12.50 and 12.50 USD.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent_core.wording import wording
from runtime.language import LANGUAGES

# Chinese and Japanese write on without a space after an address.
_LINK = re.compile(
    r"https?://[^\s<>\"'）」』】،؛\u3000-\u9fff\uff00-\uffef]+|\bwww\.[a-z0-9.-]+(?:/[^\s<>\"')\]]*)?"
    r"|(?<![a-z0-9@._/-])(?:[a-z0-9-]{1,63}\.){1,5}(?:com|org|net|info|eu|io|app|shop|store|example|test|edu|gov|int|dev"
    r"|de|at|ch|fr|be|es|it|pt|br|nl|pl|tr|jp|cn|ae|sa|eg|uk|us|ca|au|mx|ar|cl|co)(?![a-z0-9@-]|\.[a-z])(?:/[!-~]*)?",
    re.IGNORECASE,
)
_MAIL = re.compile(
    r"(?<![a-z0-9_.+-])[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE
)
_PHONE = re.compile(
    r"(?<![\w.,-])(?:\+\d{1,3}[ ./-]?)?(?:\(\d{1,5}\)[ ]?)?\d{2,5}(?:[ /-]\d{2,4}){2,5}(?![\w-])|\+\d{7,15}"
)
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-zÀ-ž]+-?\d[A-Za-z0-9]*(?:-[A-Za-z0-9]+)*|\d+[A-Za-z]+\d[A-Za-z0-9]*)"
)
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_DOTTED = re.compile(r"(?<![\d.,/])(\d{1,2})([./])(\d{1,2})(?:\2(\d{4}|\d{2})|\.(?!\d))(?![\d%])")
_HAN_DATE = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]")
_CLOCK = re.compile(
    r"(?<![\d.,:/])(\d{1,2})(?:([:hH.])(\d{2}))?\s?((?:[ap]\.?\s?m\b\.?)|uhr\b|uur\b|h\b|noon\b|時|点)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,'’\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d+)?")
_BEFORE = re.compile(
    r"(us\$|ca\$|au\$|r\$|[$€£¥₺₹%٪％]|\b(?:usd|eur|gbp|chf|pln|jpy|cny|try|brl|aed|sar)|yüzde)\s?$",
    re.IGNORECASE,
)
_SIGNS = {
    "$": "USD", "us$": "USD", "ca$": "CAD", "au$": "AUD", "r$": "BRL", "€": "EUR", "£": "GBP", "¥": "JPY", "￥": "JPY",
    "₺": "TRY", "₹": "INR", "%": "percent", "٪": "percent", "％": "percent", "yüzde": "percent", "zł": "PLN",
    "kr": "SEK",
}  # fmt: skip
_AFTER = re.compile(
    r"\s?(us\$|r\$|[$€£¥￥₺₹%٪％]|zł|(?:usd|eur|gbp|chf|pln|jpy|cny|try|brl|aed|sar|tl|[kmgt]i?b|mbps|gbps|kbps|mbit/s"
    r"|kg|cm|mm|km|ml|kwh|°c)(?![^\W\d_]))",
    re.IGNORECASE,
)
_SAME_UNIT = {"tl": "TRY"}
_DIGITS = {ord(full): str(n) for n, full in enumerate("０１２３４５６７８９")} | {
    ord(digit): str(n % 10) for n, digit in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")
}


# Units of one thing: durations, sizes of files, speeds, lengths.
_ALIKE = tuple(
    frozenset(units.split())
    for units in (
        "second minute workday month night", "kb mb gb tb kib mib gib tib", "kbps mbps gbps mbit/s", "mm cm km",
    )
)  # fmt: skip

Value = float | str | tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """`values` holds every way to read it: 1.000 is one or a thousand.

    A `soft` one, such as "a week", proves a number but needs no proof itself.
    """

    start: int
    end: int
    kind: str
    values: frozenset[Value]
    shown: str
    soft: bool = False

    @property
    def numbers(self) -> tuple[float, ...]:
        return tuple(float(one) for one in self.values if isinstance(one, int | float))

    def agrees(self, other: "Quantity") -> bool:
        if "date" in (self.kind, other.kind):
            return self.kind == other.kind and _same_day(self, other)
        if self.kind == other.kind:
            return not self.values.isdisjoint(other.values)
        return self._of_any_kind(other) or other._of_any_kind(self)

    def _of_any_kind(self, other: "Quantity") -> bool:
        """A number alone counts what the other counts; also "at 7" for 7:00, which may be in the evening."""
        if self.kind != "":
            return False
        if other.kind == "percent" and any(one * 100 in other.values for one in self.numbers):
            return True  # Half of it.
        if other.kind == "time":
            return any((one + half) * 60 in other.values for one in self.numbers for half in (0, 12))
        return not self.values.isdisjoint(other.values) or other.shown == self.shown

    def rivals(self, other: "Quantity") -> bool:
        """Of one kind, but another value: one cannot stand for the other."""
        kinds = {self.kind, other.kind}
        return (len(kinds) == 1 or any(kinds <= one for one in _ALIKE)) and not self.agrees(other)


def quantities_of(text: str, language: str) -> tuple[Quantity, ...]:
    """In the order of the text. Positions are those of the text given."""
    readable = text.translate(_DIGITS)
    found: list[Quantity] = []
    free = [True] * len(text)
    for read in (_links, _phones, _codes, _dates, _times, _numbers, _words):
        for one in read(readable, language):
            if all(free[one.start : one.end]):
                found.append(one)
                free[one.start : one.end] = [one.soft] * (one.end - one.start)
    return tuple(_of_ranges(sorted(found, key=lambda one: one.start), readable, language))


def _links(text: str, _language: str) -> Iterator[Quantity]:
    for kind, pattern in (("mail", _MAIL), ("link", _LINK)):
        for match in pattern.finditer(text):
            shown = match.group().rstrip(".,;:!?)]。、，")
            value = (
                shown.casefold()
                .removeprefix("https://")
                .removeprefix("http://")
                .removeprefix("www.")
                .rstrip("/")
            )
            yield Quantity(match.start(), match.start() + len(shown), kind, frozenset((value,)), shown)


def _phones(text: str, _language: str) -> Iterator[Quantity]:
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if 7 <= len(digits) <= 15 and not _ISO.fullmatch(match.group()):
            yield Quantity(match.start(), match.end(), "phone", frozenset((digits,)), match.group())


def _codes(text: str, _language: str) -> Iterator[Quantity]:
    for match in _CODE.finditer(text):
        shown = match.group()
        if shown.casefold().rstrip("0123456789") not in ("eur", "usd", "gbp", "pln", "chf", "tl"):
            value = re.sub(r"[^a-z0-9]", "", shown.casefold())
            yield Quantity(match.start(), match.end(), "code", frozenset((value,)), shown)


def _dates(text: str, language: str) -> Iterator[Quantity]:
    for match in _ISO.finditer(text):
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


def _same_day(one: Quantity, other: Quantity) -> bool:
    return any(
        all(left == right or None in (left, right) for left, right in zip(mine, theirs, strict=True))
        for mine in one.values
        for theirs in other.values
        if isinstance(mine, tuple) and isinstance(theirs, tuple)
    )


def _times(text: str, _language: str) -> Iterator[Quantity]:
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


def _numbers(text: str, language: str) -> Iterator[Quantity]:
    for match in _NUMBER.finditer(text):
        start, end, unit = match.start(), match.end(), ""
        values = _values(match.group())
        if after := _AFTER.match(text, end):
            sign = after.group(1).casefold()
            unit, end = _SIGNS.get(sign) or _SAME_UNIT.get(sign) or sign, after.end()
            unit = unit.upper() if len(unit) == 3 and unit.isalpha() and unit not in ("kwh",) else unit
        elif named := _unit_after(text, end, language):
            unit, factor, end = named
            values = frozenset(value * factor for value in values)
        if before := _BEFORE.search(text[max(0, start - 6) : start]):
            sign = before.group(1).casefold()
            unit, start = _SIGNS.get(sign) or sign.upper(), start - len(before.group())
        if unit == "cent":
            unit, values = "", frozenset(value / 100 for value in values)
        yield Quantity(start, end, unit, frozenset(values), match.group())


def _values(shown: str) -> frozenset[float]:
    """1.000 and 1,000 may be one or a thousand; the last mark before other than three digits is the decimal one."""
    bare = re.sub(r"['’\u00a0\u202f ]", "", shown)
    marks = re.findall(r"[.,]", bare)
    digits = re.sub(r"[.,]", "", bare)
    if not marks:
        return frozenset((float(digits),))
    tail = re.split(r"[.,]", bare)[-1]
    decimal = float(f"{digits[: -len(tail)]}.{tail}")
    if len(tail) != 3:
        return frozenset((decimal,))
    return frozenset((float(digits),) if len(set(marks)) < len(marks) else (float(digits), decimal))


def _words(text: str, language: str) -> Iterator[Quantity]:
    """Numbers in words, and one of a unit."""
    numbers, ones = _number_words(language)
    if numbers:
        for match in numbers[0].finditer(text):
            value, end, unit = numbers[1][" ".join(match.group().casefold().split())], match.end(), ""
            factor = 1.0
            if named := _unit_after(text, end, language):
                unit, factor, end = named
            soft = value == 1 and not unit  # It may be a pronoun or an article.
            yield Quantity(match.start(), end, unit, frozenset((value * factor,)), match.group(), soft)
    for match in ones.finditer(text) if ones else ():
        named = _unit_after(text, match.end(), language)
        if not named and match.group().casefold() in wording(language).articles:
            continue
        unit, factor, end = named or ("", 1.0, match.end())
        yield Quantity(match.start(), end, unit, frozenset((factor,)), match.group(), soft=True)


def _unit_after(text: str, at: int, language: str) -> tuple[str, float, int] | None:
    pattern, units = _units(language)
    match = pattern.match(text, at)
    if not match or match.lastgroup is None:
        return None
    unit, factor = units[match.lastgroup]
    return unit, factor, match.end()


def _of_ranges(found: list[Quantity], text: str, language: str) -> Iterator[Quantity]:
    """In "3 to 5 days" and "between 4 and 9 p.m." the first number counts what the second does."""
    for one, following in zip(found, [*found[1:], None], strict=False):
        between = text[one.end : following.start] if following else ""
        if one.kind != "" or one.soft or following is None or not _joins(language).fullmatch(between):
            yield one
        elif following.kind == "time":
            halves = (0, 12) if following.shown[-2:].casefold().strip(".") in ("pm", "m") else (0,)
            values = frozenset[Value]((value + half) * 60 for value in one.numbers for half in halves)
            yield Quantity(one.start, one.end, "time", values, one.shown)
        else:
            factor = _factor(following)
            values = frozenset[Value](value * factor for value in one.numbers)
            yield Quantity(one.start, one.end, following.kind, values, one.shown)


def _factor(one: Quantity) -> float:
    """What a unit's base counts: two weeks are fourteen days."""
    if one.kind not in ("minute", "month", "second"):
        return 1.0
    read = [value for value in _values(one.shown) if value] if one.shown[:1].isdigit() else []
    stated = next(iter(one.numbers), 1.0)
    return stated / read[0] if read else 1.0


@lru_cache(maxsize=len(LANGUAGES))
def _joins(language: str) -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in wording(language).listed("connect"))
    return re.compile(
        rf"\s*(?:[-–—~〜～]|{words})\s*[$€£¥]?\s*" if words else r"\s*[-–—~〜～]\s*", re.IGNORECASE
    )


@lru_cache(maxsize=len(LANGUAGES))
def _units(language: str) -> tuple[re.Pattern[str], dict[str, tuple[str, float]]]:
    names: dict[str, tuple[str, float]] = {}
    alternatives: list[tuple[int, str]] = []
    for number, (unit, words) in enumerate(wording(language).table("units").items()):
        kind, factor = unit.split()
        for nth, word in enumerate(words):
            group = f"u{number}_{nth}"
            names[group] = (kind, float(factor))
            ending = r"\w{0,6}" if word.endswith("*") else ""
            body = re.escape(word.rstrip("*")).replace(r"\ ", r"\s")
            alternatives.append((len(word), f"(?P<{group}>{body}{ending})"))
    longest_first = [pattern for _length, pattern in sorted(alternatives, key=lambda pair: -pair[0])]
    closed = "" if language in ("ja", "zh") else r"(?![^\W\d_])"
    return re.compile(rf"[\s-]?(?:{'|'.join(longest_first)}){closed}", re.IGNORECASE), names


@lru_cache(maxsize=len(LANGUAGES))
def _number_words(
    language: str,
) -> tuple[tuple[re.Pattern[str], dict[str, float]] | None, re.Pattern[str] | None]:
    pairs = [entry.split(maxsplit=1) for entry in wording(language).listed("numbers")]
    values = {word.casefold(): float(value) for value, word in pairs}
    edge = ("", "") if language in ("ja", "zh") else (r"(?<![\w-])", r"(?!\w)")
    ones = wording(language).listed("ones")

    def spotted(words: list[str]) -> re.Pattern[str]:
        body = "|".join(
            re.escape(word).replace(r"\ ", r"\s") for word in sorted(words, key=len, reverse=True)
        )
        return re.compile(f"{edge[0]}(?:{body}){edge[1]}", re.IGNORECASE)

    return (spotted(list(values)), values) if values else None, spotted(list(ones)) if ones else None


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
