"""Finds groups of words that stand close together, in any of the twelve languages at once. Pure, linear in the text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Place = tuple[int, int]  # The number of a sign, and of one of its groups.

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u3041-\u30ff\u3400-\u9fff]")
_LONGEST_STEM = 24
# A sentence's worth of characters: what is farther apart says nothing together.
_NEAR = 90
_NEAR_UNSPACED = 30


@dataclass(frozen=True)
class Sign:
    """`name` is told when one term of each group stands near the others. A `*` ends a term that may go on."""

    name: str
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Phrase:
    """The words after the first one. `open_ended`: the last may go on."""

    rest: tuple[str, ...]
    open_ended: bool
    place: Place


@dataclass(frozen=True)
class Lexicon:
    """Many signs, ready to be searched for in one pass over the words of a text."""

    signs: tuple[Sign, ...]
    _words: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    _stems: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    _phrases: dict[str, list[_Phrase]] = field(default_factory=lambda: defaultdict(list))
    _unspaced: list[tuple[str, Place]] = field(default_factory=list)

    def find(self, text: str) -> set[str]:
        """Names of the signs that the text holds. It has to be casefolded already."""
        near = _NEAR_UNSPACED if _UNSPACED.search(text) else _NEAR
        found = self._positions(text)
        groups: dict[int, dict[int, list[int]]] = defaultdict(dict)
        for (sign, group), positions in found.items():
            groups[sign][group] = positions
        return {
            self.signs[sign].name
            for sign, seen in groups.items()
            if len(seen) == len(self.signs[sign].groups) and _close(seen, near)
        }

    def _positions(self, text: str) -> dict[Place, list[int]]:
        found: dict[Place, list[int]] = defaultdict(list)
        matches = list(_WORD.finditer(text))
        words = [match.group() for match in matches]
        for index, match in enumerate(matches):
            for place in self._places(words, index):
                found[place].append(match.start())
        if _UNSPACED.search(text):
            for term, place in self._unspaced:
                start = text.find(term)
                while start >= 0:
                    found[place].append(start)
                    start = text.find(term, start + len(term))
        return found

    def _places(self, words: Sequence[str], index: int) -> Iterable[Place]:
        word = words[index]
        yield from self._words.get(word, ())
        for length in range(2, min(len(word), _LONGEST_STEM) + 1):
            yield from self._stems.get(word[:length], ())
        for phrase in self._phrases.get(word, ()):
            if _goes_on(phrase, words, index + 1):
                yield phrase.place


def lexicon(signs: Iterable[Sign]) -> Lexicon:
    built = Lexicon(tuple(signs))
    for number, sign in enumerate(built.signs):
        for group, terms in enumerate(sign.groups):
            for term in terms:
                _add(built, term.casefold(), (number, group))
    return built


def _add(built: Lexicon, term: str, place: Place) -> None:
    if _UNSPACED.search(term):
        built._unspaced.append((term, place))
        return
    words = tuple(_WORD.findall(term))
    if len(words) > 1:
        built._phrases[words[0]].append(_Phrase(words[1:], term.endswith("*"), place))
    elif term.endswith("*"):
        built._stems[words[0]].append(place)
    else:
        built._words[words[0]].append(place)


def _goes_on(phrase: _Phrase, words: Sequence[str], start: int) -> bool:
    following = tuple(words[start : start + len(phrase.rest)])
    if following == phrase.rest:
        return True
    if not phrase.open_ended or len(following) < len(phrase.rest):
        return False
    return following[:-1] == phrase.rest[:-1] and following[-1].startswith(phrase.rest[-1])


def _close(seen: dict[int, list[int]], near: int) -> bool:
    """Whether around one word of the first group every other group has a word. Positions are in order."""
    first, *others = (sorted(positions) for positions in seen.values())
    starts = [0] * len(others)
    for position in first:
        for index, other in enumerate(others):
            while starts[index] < len(other) and other[starts[index]] < position - near:
                starts[index] += 1
        if all(
            start < len(other) and other[start] <= position + near
            for start, other in zip(starts, others, strict=True)
        ):
            return True
    return False
