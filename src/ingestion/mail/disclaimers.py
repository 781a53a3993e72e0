"""Finds legal disclaimers, warnings of mail gateways and notes of virus scanners. Pure."""

from collections.abc import Iterator

from ingestion.mail.client_words import folded, legal_words, phrases
from ingestion.mail.line_parts import Part, mark

_LAST_LINES = 400
_LEAST_WORDS = 3
_LEAST_BYTES = 120
_LONGEST_NOTICE = 600
_PARAGRAPHS_OF_BANNER = 2


def mark_disclaimers(plain: list[str], parts: list[Part]) -> None:
    """Never the first paragraph, unless it is a gateway's warning: somebody may write about secrecy."""
    floor = max(0, len(plain) - _LAST_LINES)
    for number, (start, end) in enumerate(_paragraphs(plain, parts)):
        if start < floor and number >= _PARAGRAPHS_OF_BANNER:
            continue
        text = folded(" ".join(plain[start:end]))
        if _is_notice(text):
            mark(parts, start, end, Part.DISCLAIMER)
        elif number and _is_disclaimer(text):
            mark(parts, _first_legal_line(plain, start, end), end, Part.DISCLAIMER)


def _paragraphs(plain: list[str], parts: list[Part]) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for at, line in enumerate([*plain, ""]):
        inside = bool(line) and parts[at] is Part.NEW
        if inside and start is None:
            start = at
        elif not inside and start is not None:
            yield start, at
            start = None


def _is_notice(text: str) -> bool:
    asked = "?" in text
    return not asked and len(text) <= _LONGEST_NOTICE and any(phrase in text for phrase in phrases("notice"))


def _is_disclaimer(text: str) -> bool:
    """One word of secrecy and two more of its language; long enough, and nothing that somebody asks."""
    if len(text.encode()) < _LEAST_BYTES or "?" in text:
        return False
    return any(
        any(word in text for word in secrecy)
        and sum(word in text for word in (*secrecy, *others)) >= _LEAST_WORDS
        for secrecy, others in legal_words()
    )


def _first_legal_line(plain: list[str], start: int, end: int) -> int:
    """A disclaimer may stand right below the signature, without a blank line."""
    for at in range(start, end):
        line = folded(plain[at])
        if any(word in line for secrecy, others in legal_words() for word in (*secrecy, *others)):
            return at if _is_disclaimer(folded(" ".join(plain[at:end]))) else start
    return start
