"""What changed between two texts, line by line, for a page. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_MOST_LINES = 2_000  # Comparing costs up to the square of the lines; longer texts are shown without it.
_AROUND = 2  # Unchanged lines shown before and after a change.


class Mark(StrEnum):
    SAME = "same"
    OLD = "old"
    NEW = "new"
    CUT = "cut"


@dataclass(frozen=True)
class Line:
    mark: Mark
    text: str


def changes(before: str, after: str) -> list[Line] | None:
    """The changed lines with those around them; none when nothing changed, None when they cannot be compared."""
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > _MOST_LINES:
        return None
    shown: list[Line] = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND):
        if shown:
            shown.append(Line(Mark.CUT, "…"))
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                shown += _lines(Mark.SAME, old[old_from:old_to])
            else:
                shown += _lines(Mark.OLD, old[old_from:old_to]) + _lines(Mark.NEW, new[new_from:new_to])
    return shown


def _lines(mark: Mark, lines: Sequence[str]) -> list[Line]:
    return [Line(mark, line) for line in lines]
