"""Word lists of one language for the check of claims, and texts as terms: words that mean the same share a key."""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from runtime.language import DEFAULT, LANGUAGES

UNSPACED = ("ja", "zh")
_DATA = Path(__file__).parent / "data" / "wording"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_APART = re.compile(r"[^\W\d_]+")
# Languages that join words by an apostrophe: l'abonnement, TL'dir.
_ELIDING = ("fr", "it", "tr", "pt")
_RUNS = re.compile(r"[A-Za-zÀ-ɏ]+|[\u30a1-\u30fa\u30fc]+|[\u3400-\u9fff々]+")
_ARABIC_MARKS = re.compile("[\u064b-\u0652\u0640]")
_ARABIC_LETTERS = str.maketrans("أإآىةؤئ", "ااايهوي")
_ARABIC_HEADS = re.compile(r"^(?:[وف]?(?:[بك]?ال|لل)|[وف](?=\w{3}))(?=\w{2})")
_LEAST_STEM = 3

Phrase = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Term:
    """A word or fixed phrase of a text. `labels` are the lists that it stands in: `#not` marks, `@free` means."""

    start: int
    end: int
    word: str
    stem: str
    labels: frozenset[str]
    stop: bool
    name: bool
    capital: bool = False

    @cached_property
    def keys(self) -> frozenset[str]:
        """What it can be recognised by in another wording."""
        return self.concepts | {self.stem}

    @cached_property
    def concepts(self) -> frozenset[str]:
        return frozenset(label for label in self.labels if label[0] != "#")

    @cached_property
    def content(self) -> bool:
        return bool(self.concepts) or not (self.stop or self.labels)


@dataclass(frozen=True)
class Phrases:
    """Phrases by their first word, which may be cut off by `*`."""

    exact: dict[str, list[tuple[Phrase, str]]] = field(default_factory=dict)
    cut: dict[str, list[tuple[Phrase, str]]] = field(default_factory=dict)

    def add(self, phrase: Phrase, label: str) -> None:
        first = phrase[0]
        table, key = (self.cut, first[:-1]) if first.endswith("*") else (self.exact, first)
        table.setdefault(key, []).append((phrase, label))

    def longest(self, words: list[str], at: int) -> tuple[int, frozenset[str]]:
        """How many words from `at` on the longest phrases cover, and their labels."""
        word = words[at]
        most, labels, inside = 0, set[str](), set[str]()
        candidates = [self.exact.get(word, ())]
        candidates += [self.cut[word[:cut]] for cut in range(2, len(word) + 1) if word[:cut] in self.cut]
        for phrase, label in chain.from_iterable(candidates):
            if not _follows(phrase, words, at):
                continue
            inside.add(label)
            if len(phrase) > most:
                most, labels = len(phrase), set()
            if len(phrase) == most:
                labels.add(label)
        if "#none" not in labels and all(label[0] == "#" for label in labels):
            labels |= {label for label in inside if label[0] == "@"}  # "No later than" is later as well.
        return most, frozenset(labels)


@dataclass(frozen=True)
class Wording:
    language: str
    stop: frozenset[str]
    endings: tuple[str, ...]
    articles: frozenset[str]
    phrases: Phrases
    spotted: re.Pattern[str] | None
    labels: dict[str, frozenset[str]]
    raw: dict[str, Any]

    def listed(self, name: str) -> tuple[str, ...]:
        return listed(self.raw.get(name, ""))

    def table(self, name: str) -> dict[str, tuple[str, ...]]:
        return {key: listed(value) for key, value in self.raw.get(name, {}).items()}


def listed(value: str) -> tuple[str, ...]:
    return tuple(" ".join(one.split()) for one in value.split(",") if one.strip())


@lru_cache(maxsize=len(LANGUAGES))
def wording(language: str) -> Wording:
    """The lists of a language; those of English for one that has none."""
    code = language if language in LANGUAGES else DEFAULT
    raw = tomllib.loads((_DATA / f"{code}.toml").read_text(encoding="utf-8"))
    entries = [(phrase, f"#{name}") for name, value in raw["markers"].items() for phrase in listed(value)]
    entries += [(phrase, f"@{name}") for name, value in raw["concepts"].items() for phrase in listed(value)]
    days = enumerate(listed(raw["weekdays"]))
    entries += [(word, f"@weekday{number}") for number, words in days for word in words.split()]
    phrases = Phrases()
    labels: dict[str, set[str]] = {}
    for phrase, label in entries:
        labels.setdefault(phrase, set()).add(label)
        parts = tuple(_parts(phrase, code))
        if parts and code not in UNSPACED:
            phrases.add(parts, label)
    stop = [*listed(raw["stop"])]
    spotted = [*labels, *stop] if code in UNSPACED else []
    return Wording(
        language=code,
        stop=frozenset(fold(word, code) for word in stop),
        endings=tuple(sorted(listed(raw.get("endings", "")), key=len, reverse=True)),
        articles=frozenset(listed(raw.get("articles", ""))),
        phrases=phrases,
        spotted=re.compile("|".join(map(re.escape, sorted(spotted, key=len, reverse=True))))
        if spotted
        else None,
        labels={phrase: frozenset(names) for phrase, names in labels.items()},
        raw=raw,
    )


def fold(word: str, language: str) -> str:
    """As words are compared: without case, and in Arabic without article, vowels and variants of letters."""
    folded = word.replace("İ", "i").replace("’", "'").casefold()
    if language == "ar":
        folded = _ARABIC_MARKS.sub("", folded).translate(_ARABIC_LETTERS)
        folded = _ARABIC_HEADS.sub("", folded)
    return folded


def terms_of(text: str, language: str, taken: tuple[tuple[int, int], ...] = ()) -> tuple[Term, ...]:
    """The terms of a text; stretches in `taken` are read elsewhere, as numbers or links."""
    hidden = text
    for start, end in taken:
        hidden = f"{hidden[:start]}{' ' * (end - start)}{hidden[end:]}"
    words = wording(language)
    return _unspaced(hidden, words) if words.spotted else _spaced(hidden, words)


def _spaced(text: str, words: Wording) -> tuple[Term, ...]:
    pattern = _APART if words.language in _ELIDING else _WORD
    found = list(pattern.finditer(text))
    folded = [fold(match.group(), words.language) for match in found]
    terms: list[Term] = []
    at = 0
    while at < len(found):
        length, labels = words.phrases.longest(folded, at)
        length = max(length, 1)
        start, end = found[at].start(), found[at + length - 1].end()
        word = " ".join(folded[at : at + length])
        if words.language == "tr" and " " not in word:
            labels |= _turkish_no(word)
        name, in_path = _is_name(text, found[at], words), False
        if length == 1 and found[at].group().istitle():
            in_path = _in_path(text, start, end)
            if in_path or (name and labels and labels <= _IN_NAMES):
                labels = frozenset(one for one in labels if one[0] == "@")  # The Plus plan; Settings > All.
        terms.append(
            Term(
                start,
                end,
                word,
                _stem(word, words),
                labels,
                word in words.stop and not in_path,
                name=name,
                capital=found[at].group()[0].isupper(),
            )
        )
        at += length
    return tuple(terms)


# Words of bounds and joints that products are named by as well.
_IN_NAMES = frozenset(("#break", "#upper", "#lower", "#some"))


def _in_path(text: str, start: int, end: int) -> bool:
    """A member of a menu's path."""
    return text[max(0, start - 2) : start].strip() in (">", "→") or text[end : end + 2].strip() in (">", "→")


# Turkish says "not" inside the verb.
_TURKISH_NO = re.compile(
    r"\w+(?:m[ae]z(?:s[ıi]n[ıi]z|lar|ler|d[ıi])?|[ae]m[ae]y[ıi]z|m[ıiuü]yor(?:uz|lar|sunuz)?|m[ae]d[ıi](?:k|n[ıi]z|ysa|yse|ğ[ıi]\w*)?"
    r"|m[ae]m[ae]kt[ae]\w*|m[ae]y[ae]n|m[ae]m[ıi]ş\w*|m[ae]y[ae]ca[kğ]\w*|m[ae]y[ıi]n(?:[ıi]z)?)"
)
_TURKISH_WITHOUT = re.compile(r"\w{3,}s[ıiuü]z")


def _turkish_no(word: str) -> frozenset[str]:
    if _TURKISH_NO.fullmatch(word):
        return frozenset(("#not",))
    return frozenset(("#un",)) if _TURKISH_WITHOUT.fullmatch(word) else frozenset()


def _unspaced(text: str, words: Wording) -> tuple[Term, ...]:
    assert words.spotted is not None
    text = text.casefold()
    terms: list[Term] = []
    at = 0
    for match in words.spotted.finditer(text):
        terms += _runs(text, at, match.start())
        phrase, labels = match.group(), words.labels.get(match.group(), frozenset())
        terms.append(Term(match.start(), match.end(), phrase, phrase, labels, not labels, name=False))
        at = match.end()
    return tuple(terms + _runs(text, at, len(text)))


def _runs(text: str, start: int, end: int) -> list[Term]:
    """Words of Latin letters and Katakana as they are, Han characters in pairs; Hiragana only joins."""
    terms = []
    for match in _RUNS.finditer(text, start, end):
        run, at = match.group(), match.start()
        han = run[0] >= "\u3400"
        pieces = [(n, run[n : n + 2]) for n in range(max(1, len(run) - 1))] if han else [(0, run)]
        terms += [
            Term(at + n, at + n + len(piece), piece, piece, frozenset(), stop=False, name=False)
            for n, piece in pieces
        ]
    return terms


def _parts(phrase: str, language: str) -> list[str]:
    pattern = r"\*|[^\W\d_]+\*?" if language in _ELIDING else r"\*|[^\W\d_]+(?:['’][^\W\d_]+)*\*?"
    return [fold(part, language) for part in re.findall(pattern, phrase)]


def _follows(phrase: Phrase, words: list[str], at: int) -> bool:
    if at + len(phrase) > len(words):
        return False
    return all(
        word == part or (part[-1] == "*" and word.startswith(part[:-1]))
        for part, word in zip(phrase[1:], words[at + 1 :], strict=False)
    )


def _stem(word: str, words: Wording) -> str:
    for ending in words.endings:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word[: -len(ending)]
    return word


def _is_name(text: str, match: re.Match[str], words: Wording) -> bool:
    """A capital inside a sentence, where the language writes only names so."""
    word = match.group()
    if words.language == "de" or not word[0].isupper():
        return len(word) > 1 and word[1:] != word[1:].lower()
    before = text[: match.start()].rstrip(" \"'“„«(")
    return bool(before) and before[-1] not in ".!?:;\n•–—"
