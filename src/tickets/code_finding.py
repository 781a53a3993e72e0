"""Finds a one-time code in what a customer wrote: alone on its line, or beside a word for it. Pure."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("code_words.toml")
_CODE = re.compile(r"(?<![0-9A-Za-z_#-])(?<!\d[ .])(\d{3})[ -]?(\d{3})(?![0-9A-Za-z_-])(?![ .]\d)", re.ASCII)
_ALONE = re.compile(r"^\W{0,3}\d{3}[ -]?\d{3}\W{0,3}$")
_BESIDE = 12  # Characters between a word and its number, as in "is:"; a sentence's end or another number divides them.
_MOST_CHARACTERS = 4_000


def code_in(text: str) -> str | None:
    """The six digits of the number that is a line by itself, else of the first beside a word for a code."""
    beside = None
    for line in _plain(text[:_MOST_CHARACTERS]).splitlines():
        for match in _CODE.finditer(line):
            if _ALONE.match(line.strip()):
                return _digits(match)
            if beside is None and _is_beside_a_word(line, match):
                beside = _digits(match)
    return beside


def without_code(text: str, code: str, placeholder: str) -> str:
    """The text with every place of this code replaced."""
    return _replaced(text, (one for one in _codes(text) if _digits(one) == code), placeholder)


def without_codes(text: str, placeholder: str) -> str:
    return _replaced(text, _codes(text), placeholder)


def written(text: str, code: str) -> str:
    """The code as it stands in the text."""
    match = next(one for one in _codes(text) if _digits(one) == code)
    return text[match.start() : match.end()]


def _codes(text: str) -> Iterator[re.Match[str]]:
    return _CODE.finditer(_plain(text))


def _digits(match: re.Match[str]) -> str:
    return match[1] + match[2]


def _plain(text: str) -> str:
    """The digits of every script as 0 to 9; all else stays, at the same place."""
    if text.isascii():
        return text
    return "".join(
        one if one.isascii() else str(unicodedata.decimal(one, one))  # Not every digit is a decimal one.
        for one in text
    )


def _replaced(text: str, matches: Iterator[re.Match[str]], placeholder: str) -> str:
    parts, end = [], 0
    for match in matches:
        parts += [text[end : match.start()], placeholder]
        end = match.end()
    return "".join([*parts, text[end:]])


def _is_beside_a_word(line: str, match: re.Match[str]) -> bool:
    longest = _BESIDE + _longest_word()
    before = line[max(0, match.start() - longest) : match.start()].casefold()
    after = line[match.end() : match.end() + longest].casefold()
    ending, beginning = _words()
    return bool(ending.search(before) or beginning.match(after))


@lru_cache(maxsize=1)
def _lists() -> tuple[list[str], list[str]]:
    lists = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return lists["spaced"], lists["unspaced"]


@lru_cache(maxsize=1)
def _longest_word() -> int:
    return max(len(word) for words in _lists() for word in words)


@lru_cache(maxsize=1)
def _words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A word at the end of what stands before a number, and at the beginning of what stands behind."""
    spaced, unspaced = ("|".join(re.escape(word.casefold()) for word in words) for words in _lists())
    word = rf"(?:(?<!\w)(?:{spaced})(?!\w)|(?:{unspaced}))"
    between = rf"[^\d\n.!?;,。！？；，]{{0,{_BESIDE}}}"
    return re.compile(rf"{word}{between}$"), re.compile(rf"{between}{word}")
