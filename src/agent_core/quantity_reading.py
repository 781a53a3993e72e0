"""Finds what a text of any of the twelve languages counts, and the links, addresses, phone numbers and codes in it."""

import re
from collections.abc import Iterator
from functools import lru_cache

from agent_core.amounts import amounts, amounts_in_words, number_values
from agent_core.dates import ISO, dates, times
from agent_core.quantities import Quantity, Value
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
_DIGITS = {ord(full): str(n) for n, full in enumerate("０１２３４５６７８９")} | {
    ord(digit): str(n % 10) for n, digit in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")
}


def quantities_of(text: str, language: str) -> tuple[Quantity, ...]:
    """In the order of the text. Positions are those of the text given."""
    readable = text.translate(_DIGITS)
    found: list[Quantity] = []
    free = [True] * len(text)
    for read in (_links, _phones, _codes, dates, times, amounts, amounts_in_words):
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
        if 7 <= len(digits) <= 15 and not ISO.fullmatch(match.group()):
            yield Quantity(match.start(), match.end(), "phone", frozenset((digits,)), match.group())


def _codes(text: str, _language: str) -> Iterator[Quantity]:
    for match in _CODE.finditer(text):
        shown = match.group()
        if shown.casefold().rstrip("0123456789") not in ("eur", "usd", "gbp", "pln", "chf", "tl"):
            value = re.sub(r"[^a-z0-9]", "", shown.casefold())
            yield Quantity(match.start(), match.end(), "code", frozenset((value,)), shown)


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
    read = [value for value in number_values(one.shown) if value] if one.shown[:1].isdigit() else []
    stated = next(iter(one.numbers), 1.0)
    return stated / read[0] if read else 1.0


@lru_cache(maxsize=len(LANGUAGES))
def _joins(language: str) -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in wording(language).listed("connect"))
    return re.compile(
        rf"\s*(?:[-–—~〜～]|{words})\s*[$€£¥]?\s*" if words else r"\s*[-–—~〜～]\s*", re.IGNORECASE
    )
