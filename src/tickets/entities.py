"""What a message names: orders, amounts, dates, error codes, addresses of pages; and what a desk's own patterns find.

Pure: patterns come as arguments (`entity_patterns` reads a desk's own from a file).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tickets.entity_words import ERROR_WORDS, MONTHS, ORDER_WORDS


class EntityKind(StrEnum):
    URL = "url"
    DATE = "date"
    AMOUNT = "amount"
    ERROR_CODE = "error_code"
    ORDER_ID = "order_id"


@dataclass(frozen=True)
class Entity:
    """`text[start:end]`, and the same in one spelling: an ISO date, `1299.00 EUR`; empty where it is ambiguous."""

    kind: str
    text: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class OwnPattern:
    """A desk's own kind of entity: the group `value` of the pattern when it has one, else all that matches."""

    kind: str
    pattern: re.Pattern[str]


_MOST_CHARACTERS = 20_000
_MOST_FOUND = 100
_B, _A = r"(?<![0-9A-Za-z_])", r"(?![0-9A-Za-z_])"

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'»”）)\]]{3,2000}", re.IGNORECASE)
_URL_END = ".,;:!?"

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_ISO = re.compile(rf"{_B}(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_A}|(\d{{4}})年(\d{{1,2}})月(\d{{1,2}})日")
_NUMERIC = re.compile(rf"{_B}(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_A}")
_DAY_FIRST = re.compile(
    rf"{_B}(\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?[ ]{{1,3}}(?:de |of )?({_MONTH})\.?[ ,]{{1,3}}(?:de |del )?(\d{{4}}){_A}",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"{_B}({_MONTH})\.?[ ]{{1,3}}(\d{{1,2}})(?:st|nd|rd|th)?,?[ ]{{1,3}}(\d{{4}}){_A}", re.IGNORECASE
)

_SIGNS = {
    "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "円": "JPY", "元": "CNY", "zł": "PLN", "zl": "PLN", "₺": "TRY",
    "tl": "TRY", "r$": "BRL", "us$": "USD", "fr.": "CHF", "euro": "EUR", "euros": "EUR", "dollars": "USD",
    "pounds": "GBP",
}  # fmt: skip
_CODES = "EUR|USD|GBP|CHF|PLN|TRY|JPY|CNY|BRL|AED|SAR|EGP|CAD|AUD|SEK|NOK|DKK|CZK|HUF|MXN"
_BEFORE_IT = rf"(?P<before>US\$|R\$|[€$£¥₺]|{_B}(?:{_CODES}|TL))"
_AFTER_IT = rf"(?P<after>[€$£₺円元](?!\d)|(?:{_CODES}|zł|zl|TL|euros?|dollars|pounds){_A})"
_SUM = r"\d{1,3}(?:[.,'’ \u00a0]\d{3}){1,4}(?:[.,]\d{1,2})?(?!\d)|\d{1,12}(?:[.,]\d{1,2})?(?!\d)"
_AMOUNT = re.compile(
    rf"{_BEFORE_IT}[ \u00a0]?(?P<sum1>{_SUM})|{_B}(?<![.,])(?P<sum2>{_SUM})[ \u00a0]?{_AFTER_IT}",
    re.IGNORECASE,
)

_ERROR = re.compile(
    rf"{_B}(?:0x[0-9A-Fa-f]{{2,16}}|(?:ERR|ERROR|E)[-_]?\d{{2,6}}|HTTP[ ]\d{{3}}"
    rf"|[45]\d{{2}}[ ][45]\.\d{{1,3}}\.\d{{1,3}}){_A}"
    rf"|{_B}(?=[A-Z0-9_]{{0,60}}(?:ERR|FAIL|INVALID|DENIED|TIMEOUT|REFUSED|RESET))"
    rf"[A-Z][A-Z0-9]{{1,30}}(?:_[A-Z0-9]{{1,30}}){{1,8}}{_A}"
)
_NAMED_ERROR = re.compile(
    rf"(?:{ERROR_WORDS})[ ]?(?:code|codes|kodu|代码|コード)?[ ]?(?:is|ist|:|：|#|no\.?|nr\.?)?[ ]{{0,2}}"
    rf"(?P<value>[A-Z]{{0,8}}[-_]?\d{{2,8}}){_A}",
    re.IGNORECASE,
)

_ORDER = re.compile(
    rf"{_B}(?P<value>[A-Z]{{1,4}}-?\d{{4,12}}|\d{{3}}-\d{{7}}-\d{{7}}){_A}(?!-)|(?<![\w&/])#(?P<hash>\d{{4,12}}){_A}"
)
_NAMED_ORDER = re.compile(
    rf"(?:{ORDER_WORDS})[ ]?(?:number|num|nummer|numarası|no|nr|n[°º]|id|番号|号)?[.:：]?"
    rf"[ ]?(?:is|ist|est|es|è|é|jest|は|是)?[ ]{{0,2}}#?(?P<value>[A-Z]{{0,5}}[-_]?\d[0-9-]{{2,18}}[0-9]){_A}",
    re.IGNORECASE,
)


def entities(text: str, own: Sequence[OwnPattern] = ()) -> list[Entity]:
    """What the beginning of a text names, in order of place; a desk's own patterns go before ours."""
    text = text[:_MOST_CHARACTERS]
    taken = bytearray(len(text))
    kept: list[Entity] = []
    for one in _candidates(text, own):
        if one.end > one.start and not any(taken[one.start : one.end]) and len(kept) < _MOST_FOUND:
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
            kept.append(one)
    return sorted(kept, key=lambda entity: entity.start)


def _candidates(text: str, own: Sequence[OwnPattern]) -> Iterator[Entity]:
    for one in own:
        group: int | str = "value" if "value" in one.pattern.groupindex else 0
        for match in one.pattern.finditer(text):
            yield _entity(one.kind, match, group)
    for match in _URL.finditer(text):
        url = match[0].rstrip(_URL_END)
        yield Entity(EntityKind.URL, url, url, match.start(), match.start() + len(url))
    yield from (_entity(EntityKind.ERROR_CODE, match, 0) for match in _ERROR.finditer(text))
    yield from _dates(text)
    yield from _amounts(text)
    yield from (_entity(EntityKind.ERROR_CODE, match, "value") for match in _NAMED_ERROR.finditer(text))
    for pattern in (_NAMED_ORDER, _ORDER):
        yield from (
            _entity(EntityKind.ORDER_ID, match, match.lastgroup or 0) for match in pattern.finditer(text)
        )


def _entity(kind: str, match: re.Match[str], group: int | str) -> Entity:
    found = match[group] or ""
    return Entity(kind, found, found.upper() if kind in list(EntityKind) else found, *match.span(group))


def _dates(text: str) -> Iterator[Entity]:
    for match in _ISO.finditer(text):
        year, month, day = (int(part) for part in match.groups() if part)
        yield from _date(match, (year, month, day))
    for match in _DAY_FIRST.finditer(text):
        yield from _date(match, (int(match[3]), MONTHS[match[2].casefold()], int(match[1])))
    for match in _MONTH_FIRST.finditer(text):
        yield from _date(match, (int(match[3]), MONTHS[match[1].casefold()], int(match[2])))
    for match in _NUMERIC.finditer(text):
        first, second = int(match[1]), int(match[3])
        year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
        if match[2] == "/" and max(first, second) <= 12 and first != second:
            yield Entity(EntityKind.DATE, match[0], "", *match.span())  # 3/4/2026 is March or April.
            continue
        day, month = (first, second) if second <= 12 else (second, first)
        yield from _date(match, (year, month, day))


def _date(match: re.Match[str], parts: tuple[int, int, int]) -> Iterator[Entity]:
    try:
        yield Entity(EntityKind.DATE, match[0], date(*parts).isoformat(), *match.span())
    except ValueError:
        return


def _amounts(text: str) -> Iterator[Entity]:
    for match in _AMOUNT.finditer(text):
        sign = (match["before"] or match["after"]).lower()
        currency = _SIGNS.get(sign, sign.upper())
        number = decimal_of(match["sum1"] or match["sum2"])
        yield Entity(EntityKind.AMOUNT, match[0], f"{number} {currency}", *match.span())


def decimal_of(written: str) -> str:
    """`1.299,00` and `1,299.00` as `1299.00`: one or two digits after the last separator are a fraction."""
    whole, separator, fraction = written, "", ""
    last = max(written.rfind("."), written.rfind(","))
    if last >= 0 and len(written) - last - 1 <= 2:
        whole, separator, fraction = written[:last], ".", written[last + 1 :]
    return re.sub(r"\D", "", whole) + separator + fraction
