"""What the prompt files say, for those who must keep it in: the fences they use, and phrases to know them by."""

import re
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "prompts"
_TAG = re.compile(r"</?([a-z_]{2,40})>")
_NAME = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"[^\W_]+")
# So many words in a row are no accident.
_WORDS = 7


@lru_cache(maxsize=1)
def fences() -> frozenset[str]:
    """Names of the tags between which the prompts show what others wrote."""
    return frozenset(name for text in _texts() for name in _TAG.findall(text))


@lru_cache(maxsize=1)
def phrases() -> frozenset[tuple[str, ...]]:
    return frozenset(phrase for text in _texts() for part in _NAME.split(text) for phrase in phrases_of(part))


@lru_cache(maxsize=1)
def marks() -> tuple[str, ...]:
    """Names that only the prompts use: their tags of two words."""
    return tuple(sorted(name for name in fences() if "_" in name))


def phrases_of(text: str) -> set[tuple[str, ...]]:
    """Every run of `_WORDS` words."""
    words = [word.casefold() for word in _WORD.findall(text)]
    return {tuple(words[start : start + _WORDS]) for start in range(len(words) - _WORDS + 1)}


def _texts() -> list[str]:
    return [file.read_text(encoding="utf-8") for file in sorted(_FOLDER.glob("*.md"))]
