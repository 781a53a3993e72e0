"""A text as the check of claims reads it: sentences, their segments, and in each its terms, quantities and markers."""

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

from agent_core.opposites import flips
from agent_core.quantities import Quantity
from agent_core.quantity_reading import quantities_of
from agent_core.sentences import sentence_spans
from agent_core.wording import Term, terms_of

# Where one statement ends and the next begins inside a sentence.
_BREAK = re.compile(r"[,;:()|،؛、，；：（）]|\s[–—-]\s|。")
_STRONG = ";:；：؛。"
_BOUND_REACH = 26
_DENYING = 2
_POSTPOSED = ("ja", "zh", "tr")


@dataclass(frozen=True, eq=False)
class Segment:
    """A stretch of a sentence that states one thing, more or less. A `strong` one follows a semicolon or colon."""

    start: int
    end: int
    terms: tuple[Term, ...]
    quantities: tuple[Quantity, ...]
    markers: frozenset[str]
    strong: bool = False

    @cached_property
    def content(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if term.content)

    @cached_property
    def labels(self) -> frozenset[str]:
        return frozenset(label for term in self.terms for label in term.concepts)

    @cached_property
    def negative(self) -> bool:
        return ("#not" in self.markers) != ("#un" in self.markers)


@dataclass(frozen=True, eq=False)
class Sentence:
    """`start` and `end` are those in the text it was read from."""

    text: str
    start: int
    end: int
    language: str
    segments: tuple[Segment, ...]
    bounds: tuple[tuple[Quantity, str], ...]

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        return tuple(term for segment in self.segments for term in segment.terms)

    @cached_property
    def content(self) -> tuple[Term, ...]:
        return tuple(term for segment in self.segments for term in segment.content)

    @cached_property
    def labels(self) -> frozenset[str]:
        return frozenset().union(*(segment.labels for segment in self.segments))

    def shown(self, segment: Segment) -> str:
        return self.text[segment.start : segment.end].strip(" ,;")

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        return tuple(one for segment in self.segments for one in segment.quantities)

    @cached_property
    def markers(self) -> frozenset[str]:
        return frozenset().union(*(segment.markers for segment in self.segments))

    @cached_property
    def as_segment(self) -> Segment:
        return Segment(0, len(self.text), self.terms, self.quantities, self.markers)

    def bound_of(self, quantity: Quantity) -> str:
        """`#upper`, `#lower` or nothing: whether the number is the most, the least or the number itself."""
        return next((bound for one, bound in self.bounds if one is quantity), "")


@lru_cache(maxsize=512)
def read(text: str, language: str) -> tuple[Sentence, ...]:
    return tuple(read_sentence(text[start:end], language, start) for start, end in sentence_spans(text))


@lru_cache(maxsize=4096)
def read_sentence(text: str, language: str, start: int = 0) -> Sentence:
    quantities = quantities_of(text, language)
    taken = tuple((one.start, one.end) for one in quantities if not one.soft)
    loose = [one for one in quantities if one.soft and one.kind]
    words = [
        term
        for term in terms_of(text, language, taken)
        if term.concepts or not any(one.start <= term.start < one.end for one in loose)
    ]
    terms = tuple(sorted((*words, *_codes(quantities)), key=lambda term: term.start))
    segments = tuple(_segments(text, terms, quantities))
    bounds = tuple((one, _bound(one, terms, follows=language in _POSTPOSED)) for one in quantities)
    return Sentence(text, start, start + len(text), language, segments, bounds)


def _segments(text: str, terms: tuple[Term, ...], quantities: tuple[Quantity, ...]) -> list[Segment]:
    inside = [(one.start, one.end) for one in quantities]
    cuts = {
        match.start()
        for match in _BREAK.finditer(text)
        if not any(start <= match.start() < end for start, end in inside)
    }
    cuts |= {term.start for term in terms if not term.labels.isdisjoint(_OPENING)}
    edges = [0, *sorted(cuts - {0}), len(text)]
    pieces = [
        replace(_segment(start, end, terms, quantities), strong=text[start : start + 1] in _STRONG)
        for start, end in pairwise(edges)
    ]
    return _joined([one for one in pieces if one.terms or one.quantities], terms, quantities)


_OPENING = ("#break", "#hard", "#but")


def _segment(start: int, end: int, terms: tuple[Term, ...], quantities: tuple[Quantity, ...]) -> Segment:
    mine = tuple(term for term in terms if start <= term.start < end)
    numbers = tuple(one for one in quantities if start <= one.start < end)
    return Segment(
        start,
        end,
        mine,
        numbers,
        frozenset(label for term in mine for label in term.labels if label[0] == "#"),
    )


def _joined(
    pieces: list[Segment], terms: tuple[Term, ...], quantities: tuple[Quantity, ...]
) -> list[Segment]:
    """Members of a list stay with what is said of them: "A and B cannot be returned" is one statement."""
    found: list[Segment] = []
    for piece in pieces:
        apart = not found or piece.strong or not piece.markers.isdisjoint(("#hard", "#but"))
        listed = not apart and "#break" in piece.markers
        begun = len(found) == 1 and _bare(found[0], most=2)
        begun = begun or (bool(found) and "#hard" in found[-1].markers and _bare(found[-1], most=1))
        empty = not apart and not (found[-1].content and piece.content)
        if not apart and (empty or (listed and begun) or _bare(piece, most=1)):
            before = found.pop()
            piece = replace(_segment(before.start, piece.end, terms, quantities), strong=before.strong)
        found.append(piece)
    return found


def _bare(segment: Segment, *, most: int) -> bool:
    """Nothing but a thing or two."""
    telling = segment.markers - {"#break", "#if", "#until", "#hard"}
    if telling or segment.quantities or any(not segment.labels.isdisjoint(pair) for pair in flips()):
        return False
    return len(segment.content) <= most


def _codes(quantities: tuple[Quantity, ...]) -> list[Term]:
    """Model numbers are names as well."""
    return [
        Term(one.start, one.end, word, word, frozenset(), stop=False, name=True)
        for one in quantities
        if one.kind == "code"
        for word in map(str, one.values)
    ]


def _bound(one: Quantity, terms: tuple[Term, ...], *, follows: bool) -> str:
    """The nearest word of bounds before the number, or the one right after it."""
    nearest = ""
    if any("@before" in term.labels and 0 <= term.start - one.end <= 3 for term in terms):
        return ""  # At the latest two days before is at least two days before.
    for at, term in enumerate(terms):
        bound = next((label for label in ("#upper", "#lower") if label in term.labels), "")
        if not bound:
            continue
        if any("#not" in before.labels for before in terms[max(0, at - _DENYING) : at]):
            bound = "#upper"  # Not larger than.
        if term.end <= one.start and one.start - term.end <= _BOUND_REACH:
            nearest = bound
        elif one.end <= term.start and term.start - one.end <= 3 and (" " in term.word or follows):
            told_between = any(other.content and one.end <= other.start for other in terms[:at])
            return nearest if told_between else bound
    return nearest
