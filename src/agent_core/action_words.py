"""How customers ask for an action, and what they are told when it is done, per language. The words are data."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from agent_core.languages import find_phrase
from runtime.language import DEFAULT
from tickets.action_kinds import ActionKind, Arguments, Document

_FILE = Path(__file__).parent / "data" / "action_words.toml"
_UNSPACED = ("ja", "zh")
_REACH = 80
_SENTENCE = re.compile(r"[^.!?\n。！？؟]{1,600}[.!?\n。！？؟]?")
_HANGING = re.compile(r"(?<!\w)(?:do not|don't|never)[\s,;:–—-]*\Z")
_PAUSE = re.compile(r"[,;:、，；：،؛]| [-–—] ")
_MOST_CHARACTERS = 6_000
# The phrases for these are shared with the rules of escalation.
_PHRASES = {ActionKind.REFUND: "refund", ActionKind.CLOSE_ACCOUNT: "close_account"}
_BY_VERB = (ActionKind.CANCEL_ORDER, ActionKind.ADDRESS_CHANGE, ActionKind.RESEND)


@dataclass(frozen=True)
class _Words:
    """A request is a verb and a thing in one sentence, in either order, not far apart."""

    verb: re.Pattern[str]
    thing: re.Pattern[str]

    def are_in(self, sentence: str) -> bool:
        verbs = [match.start() for match in self.verb.finditer(sentence)]
        things = [match.start() for match in self.thing.finditer(sentence)]
        return any(abs(verb - thing) <= _REACH for verb in verbs[:10] for thing in things[:10])


@dataclass(frozen=True)
class _Denied:
    """`word` makes a clause no request: it is negated, or tells of what was done. `clause`: where another begins."""

    word: re.Pattern[str]
    clause: re.Pattern[str]


def asks_for(text: str, language: str) -> ActionKind | None:
    """The action that a text asks for; a question about how it is done, and a wish that it be not, ask for none."""
    sentences = _wishes(text, language)
    for kind in _BY_VERB:
        if any(_says(kind, sentences, one) for one in _languages(language)):
            return kind
    said = " ".join(sentences)
    return next((kind for kind, phrase in _PHRASES.items() if find_phrase(phrase, said, language)), None)


def document_in(text: str, language: str) -> Document | None:
    """The document that is asked for; None: several are named where one is asked for, or none."""
    named = {
        document
        for sentence in _wishes(text, language)
        for one in _languages(language)
        if _says(ActionKind.RESEND, [sentence], one)
        for document, pattern in _documents(one).items()
        if pattern.search(sentence)
    }
    return named.pop() if len(named) == 1 else None


def done_text(kind: ActionKind, arguments: Arguments, language: str) -> str:
    """What the customer is told when it is done, for staff to read and change."""
    answers = _file()
    text = answers.get(language, answers[DEFAULT])["done"][kind.value]
    return str(text.format(**arguments.model_dump(mode="json")))


def _languages(language: str) -> tuple[str, ...]:
    """The message's own, and English, which many mix in."""
    return tuple(one for one in dict.fromkeys((language, DEFAULT)) if one in _file())


def _says(kind: ActionKind, sentences: list[str], language: str) -> bool:
    words = _words(language)[kind]
    return any(
        words.are_in(sentence) for sentence in sentences if not sentence.rstrip().endswith(("?", "？", "؟"))
    )


def _wishes(text: str, language: str) -> list[str]:
    """The sentences, casefolded, without their denied clauses.

    "Please do not," denies all that follows it in the sentence, also on the next line.
    """
    denied = [_denied(one) for one in _languages(language)]
    kept = []
    hangs = False
    folded = text[:_MOST_CHARACTERS].replace("İ", "i").casefold().replace("’", "'")
    for sentence in _SENTENCE.findall(folded):
        left = []
        for clause in _clauses(sentence, denied):
            if not hangs and not any(one.word.search(clause) for one in denied):
                left.append(clause)
            hangs = hangs or _HANGING.search(clause) is not None
        kept.append("".join(left))
        hangs = hangs and sentence.endswith("\n")
    return kept


def _clauses(sentence: str, denied: list[_Denied]) -> list[str]:
    """The parts of a sentence, each from the word or the pause with which it begins."""
    cuts = {match.end() for match in _PAUSE.finditer(sentence)}
    cuts |= {match.start() for one in denied for match in one.clause.finditer(sentence)}
    edges = sorted({0, *cuts, len(sentence)})
    return [sentence[start:end] for start, end in pairwise(edges)]


@lru_cache(maxsize=20)
def _words(language: str) -> dict[ActionKind, _Words]:
    listed = _file()[language]
    return {
        kind: _Words(
            _beginnings(listed[kind]["verbs"], language), _beginnings(_things(listed[kind]), language)
        )
        for kind in _BY_VERB
    }


def _things(listed: dict[str, list[str]]) -> list[str]:
    return [word for part, words in listed.items() if part != "verbs" for word in words]


@lru_cache(maxsize=20)
def _documents(language: str) -> dict[Document, re.Pattern[str]]:
    listed = _file()[language][ActionKind.RESEND]
    return {document: _beginnings(listed[document], language) for document in Document}


@lru_cache(maxsize=20)
def _denied(language: str) -> _Denied:
    listed = _file()[language]["denied"]
    return _Denied(_whole(listed["words"], language), _whole(listed["clauses"], language))


def _beginnings(words: list[str], language: str) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(word.casefold()) for word in sorted(words, key=len, reverse=True))
    return re.compile(alternatives if language in _UNSPACED else rf"(?<!\w)(?:{alternatives})")


def _whole(words: list[str], language: str) -> re.Pattern[str]:
    """Whole words; those with a star are beginnings."""
    if language in _UNSPACED:
        return _beginnings(words, language)
    listed = sorted((word.casefold() for word in words), key=len, reverse=True)
    alternatives = "|".join(
        re.escape(word[:-1]) + r"\w*" if word.endswith("*") else rf"{re.escape(word)}(?!\w)"
        for word in listed
    )
    return re.compile(rf"(?<!\w)(?:{alternatives})")


@lru_cache(maxsize=1)
def _file() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
