"""Numbers of a text with what they count, in figures and in words of any of the twelve languages."""

import re
from collections.abc import Iterator
from functools import lru_cache

from agent_core.quantities import Quantity
from agent_core.wording import wording
from runtime.language import LANGUAGES

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


def amounts(text: str, language: str) -> Iterator[Quantity]:
    """Numbers in figures, with the currency or unit beside them."""
    for match in _NUMBER.finditer(text):
        start, end, unit = match.start(), match.end(), ""
        values = number_values(match.group())
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


def number_values(shown: str) -> frozenset[float]:
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


def amounts_in_words(text: str, language: str) -> Iterator[Quantity]:
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
