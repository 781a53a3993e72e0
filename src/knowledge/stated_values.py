"""The numbers, dates and amounts that a text states, so that two texts can be told apart by them. Pure."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from tickets.entities import EntityKind, entities

_NUMBER = re.compile(
    r"(?<![\w.,])(?P<number>\d{1,3}(?:[.,'’ \u00a0]\d{3})+(?!\d)|\d{1,12}(?:[.,:]\d{1,4})?)"
    r"(?:[ \u00a0-]?(?P<unit>%|°[CF]?|[^\W\d_]{1,20}))?"
)
_WORD = re.compile(r"\w+")
_STEM = 3  # Letters of a unit that count: day and days, Tag and Tagen.
_NAMED = (EntityKind.DATE, EntityKind.AMOUNT)


@dataclass(frozen=True)
class Value:
    """`text` as it is written; `number` and `unit` in one spelling."""

    text: str
    number: str
    unit: str

    def same_kind(self, other: "Value") -> bool:
        return self.unit == other.unit


def values_of(text: str) -> list[Value]:
    """What a text states, in order. Numbers of ordered lists are none."""
    named = [one for one in entities(text) if one.kind in _NAMED and one.value]
    found = [(one.start, Value(one.text, *_split(one.kind, one.value))) for one in named]
    covered = [(one.start, one.end) for one in named]
    for match in _NUMBER.finditer(text):
        inside = any(start <= match.start() < end for start, end in covered)
        if not inside and not _numbers_a_step(text, match):
            found.append((match.start(), _value(match)))
    return [value for _start, value in sorted(found, key=lambda one: one[0])]


def differing(first: str, second: str) -> tuple[str, str] | None:
    """The first value of one text that the other states differently: of the same unit, and not in both."""
    ours, theirs = values_of(first), values_of(second)
    left = [one for one in ours if not _stated(one, theirs)]
    right = [one for one in theirs if not _stated(one, ours)]
    return next(((one.text, other.text) for one in left for other in right if one.same_kind(other)), None)


@dataclass(frozen=True)
class Changed:
    """A value that a text stated and states no more, the statement it stood in, and what stands there now, if any."""

    old: Value
    statement: str
    new: str


def changes(old: str, new: str) -> list[Changed]:
    """Values of the old text that the new one does not state in the same place."""
    kept = statements_of(new)
    found: list[Changed] = []
    for statement in statements_of(old):
        if statement in kept:
            continue
        now = _most_alike(statement, kept)
        stated = values_of(now)
        for value in values_of(statement):
            if not _stated(value, stated):
                instead = next((one.text for one in stated if one.same_kind(value)), "")
                found.append(Changed(value, statement, instead))
    return found


def states(text: str, value: Value) -> bool:
    return _stated(value, values_of(text))


def statements_of(text: str) -> list[str]:
    """Its sentences, list items and table rows."""
    lines = (line.strip() for line in text.splitlines())
    pieces = (piece.strip() for line in lines for piece in re.split(r"(?<=[.!?…])\s+|(?<=[。！？])", line))
    return [piece for piece in pieces if _WORD.search(piece)]


def _most_alike(statement: str, others: list[str]) -> str:
    """The one with most of its words; nothing when that is less than half of them."""
    words = _WORD.findall(statement.casefold())
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(words)
    best, most = "", 0.5
    for other in others:
        matcher.set_seq1(_WORD.findall(other.casefold()))
        if matcher.quick_ratio() > most and (ratio := matcher.ratio()) > most:
            best, most = other, ratio
    return best


def _stated(value: Value, among: list[Value]) -> bool:
    """The same number; a unit that one of them leaves out is no difference."""
    return any(
        one.number == value.number and (one.unit == value.unit or not one.unit or not value.unit)
        for one in among
    )


def _split(kind: str, value: str) -> tuple[str, str]:
    number, _, unit = value.partition(" ")
    return _plain(number), unit or kind


def _value(match: re.Match[str]) -> Value:
    unit = (match["unit"] or "").casefold()
    text = match[0] if unit else match["number"]
    return Value(text, _plain(match["number"]), unit[:_STEM])


def _plain(number: str) -> str:
    """`1.299,00` and `1299` are the same number."""
    grouped = re.sub(r"(?<=\d)[.,'’ \u00a0](?=\d{3}(?!\d))", "", number).replace(",", ".")
    return re.sub(r"\.0+$", "", grouped)


def _numbers_a_step(text: str, match: re.Match[str]) -> bool:
    before = text[: match.start()].rpartition("\n")[2]
    return not before.strip(" \t#>*") and text[match.end("number") : match.end("number") + 1] in {".", ")"}
