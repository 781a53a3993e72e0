"""Cuts a message into the pieces that the guard looks at one by one, with their places in it. Pure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_LINE = re.compile(r"[^\n]+")
_END = re.compile(r"[.!?]+(?=\s)|[。！？؟]+")
_SHORT = 25  # Characters that hardly say anything alone.
_LONG = 600
_MOST = 24


@dataclass(frozen=True)
class Segment:
    start: int
    end: int
    text: str


def segments(text: str, *, suspicious: Callable[[str], bool] = lambda _text: False) -> list[Segment]:
    """Sentences, short ones with the next. Of a long text neighbours go together, so that there are few;
    `suspicious` ones stay alone as far as that is possible.
    """
    pieces = list(_merged(text, _sentences(text), least=_SHORT))
    if len(pieces) <= _MOST:
        return pieces
    alone = {piece.start for piece in pieces if suspicious(piece.text)}
    if len(alone) > _MOST // 2:
        alone = set()  # Then whatever they are merged into is suspicious.
    least = len(text) // (_MOST // 2) + 1
    return list(_runs(text, pieces, alone, least=least))


def _runs(text: str, pieces: list[Segment], alone: set[int], *, least: int) -> Iterator[Segment]:
    waiting: list[tuple[int, int]] = []
    for piece in pieces:
        if piece.start in alone:
            yield from _merged(text, iter(waiting), least=least)
            yield piece
            waiting = []
        else:
            waiting.append((piece.start, piece.end))
    yield from _merged(text, iter(waiting), least=least)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    for line in _LINE.finditer(text):
        start = line.start()
        for end in _END.finditer(text, line.start(), line.end()):
            yield from _cut(text, start, end.end())
            start = end.end()
        yield from _cut(text, start, line.end())


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence that never ends is cut at spaces where it has some."""
    while end - start > _LONG:
        space = text.rfind(" ", start + _LONG // 2, start + _LONG)
        middle = space if space > 0 else start + _LONG
        yield start, middle
        start = middle
    if text[start:end].strip():
        yield start, end


def _merged(text: str, spans: Iterator[tuple[int, int]], *, least: int) -> Iterator[Segment]:
    """Spans joined with those that follow until they have `least` characters."""
    begun: tuple[int, int] | None = None
    for start, end in spans:
        begun = (begun[0] if begun else start, end)
        if end - begun[0] >= least:
            yield Segment(*begun, text[slice(*begun)])
            begun = None
    if begun:
        yield Segment(*begun, text[slice(*begun)])
