"""Which listed words of a topic, a mood or an urgency a text holds, in any of the twelve languages (`data/words`).

English embeddings tell little of other languages: words carry the meaning there. The time is linear in the text.
"""

import math
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from runtime.language import DEFAULT, LANGUAGES

TOPICS = "topics"
MOODS = "moods"
URGENCY = "urgency"

_DATA = Path(__file__).parent / "data" / "words"
_ANY = "any"
_UNSPACED = ("ja", "zh", _ANY)
_CLITICS = re.compile(r"(?<!\w)(?:[وف]?(?:[بك]?ال|لل|[بلك])|[وف])(?=\w{3})")
_LEAST_ARABIC_STEM = 4  # Shorter ones are found as whole words only: they begin too many others.
_WORD_STARTS = re.compile(r"(?<!\w)(?=\S)|(?<=')(?=\w)")
_BEFORE, _BEHIND = "not", "not_after"
_REACH, _REACH_UNSPACED = 16, 4  # Characters between a negation and what it turns around.
_POLAR = ("positive", "negative")
# English words are looked for in every language, the short ones not: German has its own "die" and "war".
_LEAST_ENGLISH = 5
_QUIET = 0.7  # What speaks for no topic and no mood: with one word found it matters, with five no more.


@dataclass(frozen=True)
class Hit:
    concept: str
    word: str
    start: int
    end: int


@dataclass(frozen=True)
class _Entry:
    concept: str
    whole: bool


@dataclass(frozen=True)
class _Lists:
    entries: dict[str, tuple[_Entry, ...]]
    lengths: tuple[int, ...]
    language: str


def find(kind: str, text: str, language: str) -> list[Hit]:
    """The words of the message's language, of English, which many mix in, and the signs of all; longest first."""
    folded = _folded(text)
    own = language if language in LANGUAGES else DEFAULT
    hits = _found(_lists(kind, own), folded) + _found(_lists(kind, _ANY), folded)
    if own != DEFAULT:
        seen = {(hit.concept, hit.start) for hit in hits}  # "danger" is a word of several languages.
        english = [hit for hit in _found(_lists(kind, DEFAULT), folded) if len(hit.word) >= _LEAST_ENGLISH]
        hits += [hit for hit in english if (hit.concept, hit.start) not in seen]
    return hits


def concepts(kind: str) -> tuple[str, ...]:
    """What a vector's numbers stand for; of moods also the negated ones."""
    listed = tuple(name for name in _read(DEFAULT)[kind] if name not in (_BEFORE, _BEHIND))
    return listed + tuple(f"not {name}" for name in _POLAR) if kind == MOODS else listed


def vector(kind: str, text: str, language: str) -> list[float]:
    """A vector of length 1: how often each concept was found, and as the last number how little was."""
    counts = Counter(_turned(find(kind, text, language), language))
    numbers = [math.log1p(counts[name]) for name in concepts(kind)] + [_QUIET]
    length = math.sqrt(sum(number * number for number in numbers))
    return [number / length for number in numbers]


def _turned(hits: list[Hit], language: str) -> list[str]:
    """The concepts of the hits; a polar one beside a negation is its opposite."""
    reach = _REACH_UNSPACED if language in _UNSPACED else _REACH
    before = [hit for hit in hits if hit.concept == _BEFORE]
    behind = [hit for hit in hits if hit.concept == _BEHIND]

    def negated(hit: Hit) -> bool:
        return any(0 <= hit.start - one.end <= reach for one in before) or any(
            0 <= one.start - hit.end <= reach for one in behind
        )

    return [
        f"not {hit.concept}" if hit.concept in _POLAR and negated(hit) else hit.concept
        for hit in hits
        if hit.concept not in (_BEFORE, _BEHIND)
    ]


def _found(lists: _Lists, folded: str) -> list[Hit]:
    hits: list[Hit] = []
    end = -1
    for start in _starts(folded, lists.language):
        if start < end:
            continue
        for length in lists.lengths:
            word = folded[start : start + length]
            mine = [
                one for one in lists.entries.get(word, ()) if not one.whole or _ends(folded, start + length)
            ]
            if mine:
                end = start + length
                hits += [Hit(one.concept, word, start, end) for one in mine]
                break
    return hits


def _ends(folded: str, place: int) -> bool:
    return place >= len(folded) or not folded[place].isalnum()


def _starts(folded: str, language: str) -> list[int]:
    if language in _UNSPACED:
        return list(range(len(folded)))
    starts = {found.start() for found in _WORD_STARTS.finditer(folded)}
    if language == "ar":
        starts |= {found.end() for found in _CLITICS.finditer(folded)}
    return sorted(starts)


@lru_cache(maxsize=3 * (len(LANGUAGES) + 1))
def _lists(kind: str, language: str) -> _Lists:
    entries: dict[str, tuple[_Entry, ...]] = {}
    for concept, listed in _read(language)[kind].items():
        for entry in re.split(r"\s*,\s*", listed.strip()):
            word = _folded(entry.removesuffix("*"))
            open_ended = entry.endswith("*") or language in _UNSPACED
            open_ended = open_ended or (language == "ar" and len(word) >= _LEAST_ARABIC_STEM)
            known = entries.get(word, ())
            whole = not open_ended and all(one.whole for one in known if one.concept == concept)
            others = [one for one in known if one.concept != concept]  # Listed twice, it counts once.
            entries[word] = (*others, _Entry(concept, whole))
    lengths = tuple(sorted({len(word) for word in entries}, reverse=True))
    return _Lists(entries, lengths, language)


@lru_cache(maxsize=len(LANGUAGES) + 1)
def _read(language: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((_DATA / f"{language}.toml").read_text(encoding="utf-8"))


def _folded(text: str) -> str:
    # The Turkish capital İ would casefold to an i with a combining dot, which no list is written with.
    return re.sub(r"\s+", " ", text.replace("İ", "i").casefold().replace("’", "'"))
