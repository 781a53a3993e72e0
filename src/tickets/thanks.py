"""Whether a message is nothing but thanks, which asks for no answer. Pure: words and text alone."""

import re
import tomllib
import unicodedata
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("thanks.toml")
_LONGEST = 160
# A question or a number is more than thanks.
_ASKS = re.compile(r"[?？؟¿\d]")
_NO_WORD = re.compile(r"[\W_]+")


def is_only_thanks(text: str, *, name: str = "") -> bool:
    """`name`: of the sender, who may sign with it. In doubt it is more than thanks."""
    said = _plain(text)
    if not said or len(said) > _LONGEST or _ASKS.search(said):
        return False
    words = _words()
    # A word that stands for thanks must be there; a greeting alone, or that it works, may begin something.
    rest, thanks = words.thanks.subn(" ", said)
    rest, unspaced = words.unspaced_thanks.subn(" ", rest)
    if not thanks + unspaced + sum(said.count(sign) for sign in words.signs):
        return False
    rest = words.unspaced_beside.sub(" ", words.beside.sub(" ", rest))
    left = set(_NO_WORD.sub(" ", rest).split())
    return left <= set(_NO_WORD.sub(" ", _plain(name)).split())


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFC", text[: 4 * _LONGEST]).casefold().replace("’", "'")
    return " ".join(folded.split()) if len(text) <= 4 * _LONGEST else ""


class _Words:
    def __init__(self, lists: dict[str, list[str]]) -> None:
        self.signs = lists["signs"]
        self.thanks = _any_of(lists["thanks"], spaced=True)
        self.beside = _any_of(lists["beside"], spaced=True)
        self.unspaced_thanks = _any_of(lists["unspaced_thanks"], spaced=False)
        self.unspaced_beside = _any_of(lists["unspaced_beside"], spaced=False)


@lru_cache(maxsize=1)
def _words() -> _Words:
    return _Words(tomllib.loads(_FILE.read_text(encoding="utf-8")))


def _any_of(phrases: list[str], *, spaced: bool) -> re.Pattern[str]:
    """The longest first, so that no part of a longer one stays behind."""
    longest_first = sorted({_plain(one) for one in phrases}, key=len, reverse=True)
    either = "|".join(re.escape(one) for one in longest_first)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)" if spaced else either)
