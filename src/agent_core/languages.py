"""The phrases to look for and the sentences to write, kept per language in `data/`."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from runtime.agent_settings import Tone
from runtime.language import DEFAULT, LANGUAGES

_UNSPACED = ("ja", "zh")
_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Phrases:
    """Word lists of one language, ready to be searched for."""

    patterns: dict[str, re.Pattern[str]]

    def find(self, kind: str, text: str) -> str | None:
        """The phrase that the text holds, or None."""
        pattern = self.patterns.get(kind)
        found = pattern.search(_folded(text)) if pattern else None
        return found.group() if found else None


def _folded(text: str) -> str:
    # The Turkish capital İ would casefold to an i with a combining dot, which no phrase is written with.
    return re.sub(r"\s+", " ", text.replace("İ", "i").casefold().replace("’", "'"))


@lru_cache(maxsize=len(LANGUAGES))
def phrases(language: str) -> Phrases:
    listed: dict[str, list[str]] = _read("phrases", language)
    spaced = language not in _UNSPACED
    return Phrases(
        {kind: _compiled(words, spaced=spaced, whole=kind == "thanks") for kind, words in listed.items()}
    )


def _compiled(words: list[str], *, spaced: bool, whole: bool) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(_folded(word)) for word in sorted(words, key=len, reverse=True))
    if whole:
        return re.compile(rf"\A\W*(?:{alternatives})\W*\Z")
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)" if spaced else alternatives)


def find_phrase(kind: str, text: str, language: str) -> str | None:
    """A phrase of the message's language, or of English, which many mix in."""
    for one in dict.fromkeys((language, DEFAULT)):
        if one in LANGUAGES and (found := phrases(one).find(kind, text)):
            return found
    return None


@lru_cache(maxsize=len(LANGUAGES) * len(Tone))
def frame(language: str, tone: Tone = Tone.NEUTRAL) -> dict[str, Any]:
    """The sentences around the facts of a reply. A tone replaces some; the facts in them stay the same."""
    words = _read("frames", language if language in LANGUAGES else DEFAULT)
    spoken = words.pop("tone").get(tone, {})
    acknowledge = words["acknowledge"]
    if "acknowledge" in spoken:
        acknowledge = {**acknowledge, "general": spoken["acknowledge"]}
    return {**words, **spoken, "acknowledge": acknowledge}


def _read(folder: str, language: str) -> dict[str, Any]:
    return tomllib.loads((_DATA / folder / f"{language}.toml").read_text(encoding="utf-8"))
