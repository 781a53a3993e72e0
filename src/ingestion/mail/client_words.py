"""The words that mail programs and writers put around a message, per language, read from `data/`."""

import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"
_PROGRAMS = "programs"
_GAP = ".{0,60}"


class Label(StrEnum):
    """What a line such as "From: …" above a quoted message says. SENT is a date that nothing else is called."""

    FROM = "from"
    SENT = "sent"
    DATE = "date"
    TO = "to"
    SUBJECT = "subject"
    OTHER = "other"


def folded(text: str) -> str:
    """The form in which words are compared."""
    # The Turkish capital İ would casefold to an i with a combining dot.
    return text.replace("İ", "i").casefold().replace("’", "'")


@lru_cache(maxsize=1)
def _languages() -> tuple[dict[str, Any], ...]:
    paths = sorted(path for path in _DATA.glob("*.toml") if path.stem != _PROGRAMS)
    return tuple(tomllib.loads(path.read_text(encoding="utf-8")) for path in paths)


def _listed(kind: str) -> Iterator[str]:
    for language in _languages():
        yield from (folded(word) for word in language.get(kind, []))


@lru_cache(maxsize=1)
def labels() -> dict[str, Label]:
    # A word that is a label in two ways, "A" for one, keeps the first: the order of `Label`.
    return {word: label for label in reversed(Label) for word in _listed(label)}


@lru_cache(maxsize=4)
def phrases(kind: str) -> frozenset[str]:
    """All languages' phrases of a kind: original, forwarded, above, notice."""
    return frozenset(_listed(kind))


@lru_cache(maxsize=1)
def legal_words() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Per language: words for secrecy, and others that a disclaimer is made of."""
    return tuple(
        (tuple(map(folded, one.get("secrecy", []))), tuple(map(folded, one.get("disclaimer", []))))
        for one in _languages()
    )


@lru_cache(maxsize=1)
def closings() -> frozenset[str]:
    """The sign-off phrases."""
    return frozenset(_listed("closing"))


@lru_cache(maxsize=1)
def openers() -> frozenset[str]:
    """The words that "On … wrote:" begins with."""
    return frozenset(_listed("opener"))


@lru_cache(maxsize=2)
def verbs(kind: str) -> dict[str, frozenset[str]]:
    """Each "wrote" with the first persons of its languages; kind: wrote (ends the line), wrote_before_name."""
    found: dict[str, frozenset[str]] = {}
    for language in _languages():
        persons = frozenset(folded(one) for one in language.get("persons", []))
        for word in map(folded, language.get(kind, [])):
            found[word] = found.get(word, frozenset()) | persons
    return found


@lru_cache(maxsize=1)
def verb_endings() -> tuple[str, ...]:
    """The verbs that end the line, for a quick look."""
    return tuple(verbs("wrote"))


@lru_cache(maxsize=1)
def devices() -> tuple[re.Pattern[str], ...]:
    """Footers of devices and mail programs, to be matched with the folded line; one pattern a language.

    What stands for the star is the group of its own: it has to name a program or a device.
    """
    return tuple(
        re.compile("|".join(_footer(phrase) for phrase in language["device"]))
        for language in _languages()
        if "device" in language
    )


def _footer(phrase: str) -> str:
    return _GAP.join(re.escape(part) for part in folded(phrase).split("*")) + (
        "" if phrase.endswith("*") else r"\W{0,3}$"
    )


@lru_cache(maxsize=1)
def programs() -> re.Pattern[str]:
    """The beginning of a name of a program or a device."""
    alternatives = "|".join(re.escape(folded(word)) for word in _programs()["words"])
    return re.compile(rf"(?<![a-zà-ÿ])(?:{alternatives})")


@lru_cache(maxsize=1)
def owners() -> frozenset[str]:
    """ "My" in "Sent from my …"."""
    return frozenset(map(folded, _programs()["own"]))


def _programs() -> dict[str, Any]:
    return tomllib.loads((_DATA / f"{_PROGRAMS}.toml").read_text(encoding="utf-8"))
