"""How customers ask for an action, and what they are told when it is done, per language. The words are data."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from agent_core.languages import find_phrase
from runtime.language import DEFAULT
from tickets.action_kinds import ActionKind, Arguments

_FILE = Path(__file__).parent / "data" / "action_words.toml"
_UNSPACED = ("ja", "zh")
_REACH = 80
_SENTENCE = re.compile(r"[^.!?\n。！？؟]{1,600}[.!?\n。！？؟]?")
_MOST_CHARACTERS = 6_000
# The phrases for these are shared with the rules of escalation.
_PHRASES = {ActionKind.REFUND: "refund", ActionKind.CLOSE_ACCOUNT: "close_account"}
_BY_VERB = (ActionKind.CANCEL_ORDER, ActionKind.ADDRESS_CHANGE, ActionKind.RESEND)


@dataclass(frozen=True)
class _Words:
    """A request is a verb and a thing in one sentence, in either order, not far apart."""

    verb: re.Pattern[str]
    thing: re.Pattern[str]


def asks_for(text: str, language: str) -> ActionKind | None:
    """The action that a text asks for; a question about how it is done asks for none."""
    for kind in _BY_VERB:
        if any(_says(kind, text, one) for one in dict.fromkeys((language, DEFAULT))):
            return kind
    return next((kind for kind, phrase in _PHRASES.items() if find_phrase(phrase, text, language)), None)


def done_text(kind: ActionKind, arguments: Arguments, language: str) -> str:
    """What the customer is told when it is done, for staff to read and change."""
    answers = _file()
    text = answers.get(language, answers[DEFAULT])["done"][kind.value]
    return str(text.format(**arguments.model_dump(mode="json")))


def _says(kind: ActionKind, text: str, language: str) -> bool:
    words = _words(language).get(kind)
    if words is None:
        return False
    for sentence in _SENTENCE.findall(text[:_MOST_CHARACTERS].casefold().replace("’", "'")):
        if sentence.rstrip().endswith(("?", "？", "؟")):
            continue
        verbs = [match.start() for match in words.verb.finditer(sentence)]
        things = [match.start() for match in words.thing.finditer(sentence)]
        if any(abs(verb - thing) <= _REACH for verb in verbs[:10] for thing in things[:10]):
            return True
    return False


@lru_cache(maxsize=20)
def _words(language: str) -> dict[ActionKind, _Words]:
    listed = _file().get(language, {})
    return {
        kind: _Words(*(_compiled(listed[kind.value][part], language) for part in ("verbs", "things")))
        for kind in _BY_VERB
        if kind.value in listed
    }


def _compiled(words: list[str], language: str) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(word.casefold()) for word in sorted(words, key=len, reverse=True))
    return re.compile(alternatives if language in _UNSPACED else rf"(?<!\w)(?:{alternatives})")


@lru_cache(maxsize=1)
def _file() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
