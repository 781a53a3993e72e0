"""Translates a message for staff, piece by piece, by the models of `llm.ask`. Called by the job alone.

Offline nothing can translate: then there is none, and the message stays as it is.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from agent_core.fencing import fenced
from agent_core.prompts import prompt
from llm.ask import Answer, ask
from llm.budget import BudgetSpent
from llm.choices import Provider
from llm.purposes import Purpose
from runtime.language import identify
from runtime.redaction import PLACEHOLDER
from tickets.language_names import language_name
from tickets.translations import Failure, Translated

_MOST_CHARACTERS = 12_000  # More than nearly every mail; the rest of a longer one stays in the original.
_MOST_S = 80.0  # No piece is begun later, so that all ends while its claim holds.
# So long that its translation fits into one answer, also from Chinese, which says more in a character.
_PIECE = 900
_BREAKS = re.compile(r"\n+|(?<=[.!?…])[ \t]+|(?<=[。！？])")
_TRIES = 2
_SURE = 0.9


class TranslatedPiece(BaseModel):
    """The translation of one piece of a message."""  # The model reads this too.

    model_config = ConfigDict(extra="ignore", frozen=True)

    text: str


@dataclass(frozen=True)
class _Piece:
    text: str
    after: str  # The white space between it and the next one, which no model is trusted with.


def translate(text: str, to: str) -> Translated | Failure:
    """The redacted text in the language `to`, or why there is no translation.

    Its placeholders are in the translation, each as often as in the text: one that lost any is refused.
    """
    began = time.monotonic()
    text, is_whole = _beginning(text)
    written: list[str] = []
    models: list[str] = []
    for piece in _pieces(fenced(text)):
        if time.monotonic() - began > _MOST_S:
            return Failure.NO_ANSWER
        answer = _translate_piece(piece.text, to)
        if isinstance(answer, Failure):
            return answer
        written += [answer.value.text.replace("\x00", "").strip(), piece.after]
        models.append(answer.model)
    if not written:
        return Failure.NO_ANSWER
    return Translated("".join(written).strip(), ", ".join(dict.fromkeys(models)), is_whole)


def _translate_piece(text: str, to: str) -> Answer[TranslatedPiece] | Failure:
    """Asked once more, with a word on what was wrong, where the first answer cannot be taken."""
    remark = ""
    for _ in range(_TRIES):
        filled = prompt("translation", language=language_name(to), remark=remark, message=text)
        try:  # Offline nothing can translate: the empty text stands for that and is never shown.
            answer = ask(Purpose.TRANSLATION, filled, TranslatedPiece, local=lambda: TranslatedPiece(text=""))
        except BudgetSpent:
            return Failure.BUDGET
        if answer.provider == Provider.LOCAL:
            return _why_none(answer)
        remark = _fault(text, answer.value.text, to)
        if not remark:
            return answer
    return Failure.UNFAITHFUL


def _why_none(answer: Answer[TranslatedPiece]) -> Failure:
    if answer.is_over_budget:
        return Failure.BUDGET
    return Failure.NO_ANSWER if answer.attempts else Failure.NO_MODEL


def _fault(original: str, translated: str, to: str) -> str:
    """What is wrong with a translation, as it is told to the model; empty for one that can be taken."""
    if not translated.strip():
        return "\nYour last answer was empty."
    there, given = Counter(PLACEHOLDER.findall(translated)), Counter(PLACEHOLDER.findall(original))
    if lost := given - there:
        return f"\nYour last answer lost {', '.join(sorted(lost))}."
    if invented := there.keys() - given.keys():
        return f"\nYour last answer invented {', '.join(sorted(invented))}."
    before, after = identify(original), identify(translated)
    if after.language == before.language != to and min(before.confidence, after.confidence) >= _SURE:
        return f"\nYour last answer was not in {language_name(to)}."
    return ""


def _beginning(text: str) -> tuple[str, bool]:
    """What is translated of a text, and whether that is all; no placeholder is cut through."""
    if len(text) <= _MOST_CHARACTERS:
        return text, True
    cut = max(
        (match.end() for match in _BREAKS.finditer(text, 0, _MOST_CHARACTERS)), default=_MOST_CHARACTERS
    )
    return text[: _whole(text, 0, cut)], False


def _pieces(text: str) -> Iterator[_Piece]:
    """The text in pieces, broken between lines, else between sentences, else anywhere but in a placeholder."""
    start = 0
    while start < len(text):
        end = _end_of_piece(text, start)
        piece = text[start:end]
        kept = piece.rstrip()
        if kept:
            yield _Piece(kept, piece[len(kept) :])
        start = end


def _end_of_piece(text: str, start: int) -> int:
    most = start + _PIECE
    if most >= len(text):
        return len(text)
    breaks = [match.end() for match in _BREAKS.finditer(text, start, most) if match.end() > start]
    late = [one for one in breaks if one - start > _PIECE // 3]
    return late[-1] if late else _whole(text, start, most)


def _whole(text: str, start: int, cut: int) -> int:
    """The cut, moved before a placeholder that it would go through."""
    opening = text.rfind("[", start + 1, cut)
    match = PLACEHOLDER.match(text, opening) if opening > start else None
    return opening if match and match.end() > cut else cut
