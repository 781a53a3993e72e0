"""What the lines of a mail are: the values that the modules of the splitting hand each other."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

_LONGEST_LINE = 500
# Marks that only steer the direction or are not seen at all; spaces and quote signs of other widths.
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, 0x61C, 0xFEFF]
)
_INVISIBLE |= dict.fromkeys(range(0x2066, 0x206A))
_PLAIN = (
    _INVISIBLE | dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F, 0x3000, 0x09), " ") | {0xFF1E: ">", 0xFF1A: ":"}
)


class Part(StrEnum):
    """EXCERPT: lines with ">" of which it is not yet known whether they are history or the writer's choice."""

    NEW = "new"
    QUOTED = "quoted"
    EXCERPT = "excerpt"
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"


def plain_lines(lines: Iterable[str]) -> list[str]:
    """The lines as they are compared: without invisible marks, indentation and excessive length."""
    # Each line is cut before anything is done with it.
    return [line[:_LONGEST_LINE].translate(_PLAIN).strip() for line in lines]


def runs(parts: list[Part], wanted: Part) -> Iterator[tuple[int, int]]:
    """(start, end) of each run of lines that are `wanted`."""
    start: int | None = None
    for at, part in enumerate(parts):
        if part is wanted and start is None:
            start = at
        elif part is not wanted and start is not None:
            yield start, at
            start = None
    if start is not None:
        yield start, len(parts)


def mark(parts: list[Part], start: int, end: int, part: Part) -> None:
    parts[start:end] = [part] * (end - start)


def first_written(plain: list[str], start: int, end: int) -> int:
    """The first line in the range that is not blank; `end` when there is none."""
    return next((at for at in range(start, end) if plain[at]), end)


def last_written(plain: list[str], start: int, end: int) -> int:
    """The last line in the range that is not blank; start - 1 when there is none."""
    return next((at for at in range(end - 1, start - 1, -1) if plain[at]), start - 1)
