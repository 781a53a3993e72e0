"""Which sentences of a reply state facts, which promise, and which only greet, thank, ask or say farewell."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from agent_core.readings import Sentence, read_sentence
from agent_core.sentences import sentence_spans
from agent_core.wording import Phrases, fold, listed, wording
from runtime.language import LANGUAGES

_QUESTION = re.compile(r"[?？؟]\s*[)\"”»」]?\Z")
_CLAUSE_END = re.compile(r"[,:;!–—。，、：；!！،]\s*|\s-\s")
_UNENDED = re.compile(r"[^.!?。！？؟:]\Z")
_MOST_NAME_WORDS = 5
_MOST_CALLED = 3
_MOST_AFTER = 2
_FEW = 10


class Promise(StrEnum):
    NONE = ""
    COMPANY = "company"  # We will …: policies are also told so.
    PERSON = "person"  # A colleague will …
    DEED = "deed"  # I have …: no article says so.


@dataclass(frozen=True)
class Statement:
    """A sentence of a reply that must be held by a source, without the thanks before it."""

    sentence: Sentence
    promise: Promise
    bare: bool = False  # Nothing but a number or link in words of courtesy.


def statements_of(text: str, language: str) -> list[Statement]:
    """In the order of the text; what states no fact is left out."""
    spans = sentence_spans(text)
    found: list[Statement] = []
    farewell = False
    for number, (start, end) in enumerate(spans):
        whole = text[start:end]
        last = number > 0 and number >= len(spans) - 2
        if _is_name(whole, language, first=number == 0, last=last) or (farewell and _signs(whole, language)):
            continue
        farewell = number > 0 and _says_farewell(whole, language)
        found += [] if farewell else _stated(whole, language, start)
    return found


def depends_on_previous(text: str, language: str) -> bool:
    """The sentence says what follows from the one before it: without that it says something else."""
    return _starts_with("depends", text, language) > 0


def promise_of(text: str, language: str) -> Promise:
    words = _words(text, language)
    if _any_phrase("promises.self", words, text, language):
        return Promise.DEED
    people = _any_phrase("promises.people", words, text, language)
    if people and _any_phrase("promises.future", words, text, language):
        return Promise.PERSON
    return Promise.COMPANY if _any_phrase("promises.we", words, text, language) else Promise.NONE


def _stated(whole: str, language: str, start: int) -> list[Statement]:
    promise = promise_of(whole, language)
    at = 0 if promise in (Promise.PERSON, Promise.DEED) else _past_frame(whole, language)
    sentence = read_sentence(whole[at:], language, start + at)
    if at >= len(whole) or (at and start == 0 and _calls_by_name(sentence)):
        return []
    hard = [one for one in sentence.quantities if not one.soft]
    if _QUESTION.search(whole) and not any(one.kind for one in hard) and not promise:
        return []
    if not sentence.content and not hard:
        return []
    if whole.rstrip().endswith((":", "：")) and not any(one.kind for one in hard):
        return []
    bare = not promise and _only_frame(sentence, language)
    return [] if bare and not hard else [Statement(sentence, promise, bare)]


def _calls_by_name(sentence: Sentence) -> bool:
    """The rest of "Hello, Alice!"."""
    return (
        len(sentence.terms) <= _MOST_CALLED
        and sentence.text.rstrip().endswith(("!", ",", "！"))
        and not sentence.quantities
        and all(term.capital for term in sentence.terms)
    )


def _past_frame(text: str, language: str) -> int:
    """Where the facts begin after clauses such as "Thanks for asking," and "I'm sorry that your card is lost."."""
    at = 0
    while at < len(text) and _starts_with("frame.cues", text[at:], language):
        end = _CLAUSE_END.search(text, at)
        rest = text[at : end.start()] if end else text[at:]
        if any(not one.soft for one in read_sentence(rest, language).quantities):
            return at
        at = end.end() if end else len(text)
    return at


def _only_frame(sentence: Sentence, language: str) -> bool:
    known = _phrases("frame.words", language)
    content = [term for term in sentence.content if not term.name]
    return all(known.longest(_words(term.word, language), 0)[0] for term in content) if content else True


def _is_name(text: str, language: str, *, first: bool, last: bool) -> bool:
    """A greeting without a verb or a signature: a few words without a full stop."""
    if not (first or last) or not _UNENDED.search(text):
        return False
    words = text.split()
    short = len(text) <= 12 if language in ("ja", "zh") else len(words) <= _MOST_NAME_WORDS
    return (
        short
        and not any(character.isdigit() or character in "/@" for character in text)
        and ((last and _signs(text, language)) or text.endswith((",", "，", "،", "、")))
    )


def _signs(text: str, language: str) -> bool:
    """A name or team: nothing but capitals and words of courtesy."""
    sentence = read_sentence(text, language)
    known = _phrases("frame.words", language)
    return not sentence.quantities and all(
        not term.concepts
        and (term.capital or known.longest([term.word], 0)[0] or language in ("ja", "zh", "ar"))
        for term in sentence.content
    )


def _says_farewell(text: str, language: str) -> bool:
    """Hardly more than the phrase itself: "Best price in town" is none."""
    covered = _starts_with("frame.farewell", text, language)
    words = len(text) if language in ("ja", "zh") else len(_words(text, language))
    return covered > 0 and words - covered <= (_FEW if language in ("ja", "zh") else _MOST_AFTER)


def _starts_with(name: str, text: str, language: str) -> int:
    """How many characters of the beginning a listed phrase covers."""
    if language in ("ja", "zh"):
        return max((len(one) for one in _entries(name, language) if text.startswith(one)), default=0)
    words = _words(text[:120], language)
    return _phrases(name, language).longest(words, 0)[0] if words else 0


def _any_phrase(name: str, words: list[str], text: str, language: str) -> bool:
    if language in ("ja", "zh"):
        return any(one in text for one in _entries(name, language))
    phrases = _phrases(name, language)
    return any(phrases.longest(words, at)[0] for at in range(len(words)))


@lru_cache(maxsize=8 * len(LANGUAGES))
def _entries(name: str, language: str) -> tuple[str, ...]:
    table, _, key = name.rpartition(".")
    lists = wording(language).raw.get(table, {}) if table else wording(language).raw
    return listed(lists.get(key, ""))


@lru_cache(maxsize=8 * len(LANGUAGES))
def _phrases(name: str, language: str) -> Phrases:
    phrases = Phrases()
    for entry in _entries(name, language):
        if parts := tuple(_words(entry, language, starred=True)):
            phrases.add(parts, name)
    return phrases


def _words(text: str, language: str, *, starred: bool = False) -> list[str]:
    star = r"\*|" if starred else ""
    pattern = rf"{star}[^\W\d_]+{'[*]?' if starred else ''}"
    return [fold(word, language) for word in re.findall(pattern, text)]
