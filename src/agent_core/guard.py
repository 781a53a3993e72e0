"""Finds attacks on the agent in what a customer wrote, and takes them out of what the agent is asked.

The defence is that no text has authority: it is fenced, tools take identity from the case, replies rest on sources.
This is a second line, and what tells staff that somebody tried.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent_core.fencing import fenced
from agent_core.hidden_text import decoded, visible
from agent_core.injection_patterns import FEATURES, Family, families_in, features_of, is_marked
from agent_core.segments import Segment, segments
from knowledge.retrieval import Passage
from llm import local_embedding
from tickets.contracts import Author, Case, Turn

_MODEL = Path(__file__).parent / "data/guard/model.json"
_MOST_CHARACTERS = 20_000  # Of one text; the mail that is longer has its words read by patterns alone.
_TOKENS = 128
_MOST_TURNS = 6  # As many as the prompts show.
# A text that is for the greater part an attack is not a question with something beside it.
_MOST_ATTACKED = 0.5
_LEAST_ASKED = 3
_LEAST_SAID = 3
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_WORD = re.compile(r"[^\W\d_]{2,}|[\u3041-\u30ff\u3400-\u9fff]")
# The letters of an address mean nothing.
_LINK = re.compile(r"(?:https?://|\bwww\.)\S+|<a\b[^>]{0,500}>", re.IGNORECASE)
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_LETTER = re.compile(r"[^\W\d_]")
_LEAST_LATIN = 0.5

# Beside words to a machine, these leave no doubt.
_ORDERS = {Family.OVERRIDE, Family.REVEAL, Family.HIJACK, Family.EXFILTRATE, Family.AUTHORITY}


@dataclass(frozen=True)
class Attack:
    """A part of a text that tries to steer the agent; `text` is as the customer wrote it."""

    family: Family
    probability: float
    text: str


@dataclass(frozen=True)
class Screening:
    """`kept` is what of the text is left to be answered: empty when nothing of it is."""

    kept: str
    attacks: tuple[Attack, ...]


@dataclass(frozen=True)
class ScreenedCase:
    """`case` is what models and searches may see. `asks_nothing`: an attack was all that there was."""

    case: Case
    notes: tuple[str, ...]
    asks_nothing: bool


@dataclass(frozen=True)
class Detector:
    """A logistic model of the families and of harmless text (the last name), over meaning and features."""

    names: tuple[str, ...]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    threshold: float

    def judge(self, rows: NDArray[np.float64]) -> list[tuple[Family, float]]:
        """Of each row the likeliest family, and the probability that it is an attack at all."""
        scores = rows @ self.weights.T + self.bias
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        best = chances[:, :-1].argmax(axis=1)
        return [
            (Family(self.names[index]), float(1 - row[-1])) for index, row in zip(best, chances, strict=True)
        ]


@lru_cache(maxsize=1)
def detector() -> Detector:
    kept = json.loads(_MODEL.read_text(encoding="utf-8"))
    if kept["features"] != list(FEATURES):
        raise ValueError(f"{_MODEL} was fitted to other features: run python -m tests.evals.guard_fit.")
    return Detector(
        names=tuple(kept["names"]),
        weights=np.array(kept["weights"]),
        bias=np.array(kept["bias"]),
        threshold=float(kept["threshold"]),
    )


def screen_case(case: Case) -> ScreenedCase:
    """The case without what attacks the agent, in texts that cannot pass for a part of a prompt."""
    question, subject = screen(case.question), screen(case.subject)
    found = [*subject.attacks, *question.attacks]
    earlier, in_earlier = _screen_turns(case.earlier)
    asked = f"{subject.kept}\n{question.kept}"
    screened = replace(
        case,
        question=fenced(question.kept),
        subject=fenced(" ".join(subject.kept.split())),
        earlier=earlier,
        earlier_questions=tuple(fenced(screen(text).kept) for text in case.earlier_questions[-1:]),
    )
    return ScreenedCase(
        case=screened,
        notes=tuple(
            f"attack left out ({one.family}, {one.probability:.2f}): {one.text.strip()[:120]}"
            for one in [*found, *in_earlier]
        ),
        asks_nothing=bool(found) and len(_WORD.findall(asked)) < _LEAST_ASKED,
    )


def _screen_turns(turns: Sequence[Turn]) -> tuple[tuple[Turn, ...], list[Attack]]:
    kept: list[Turn] = []
    found: list[Attack] = []
    for turn in turns[-_MOST_TURNS:]:
        screening = screen(turn.text) if turn.author is Author.CUSTOMER else Screening(turn.text, ())
        kept.append(replace(turn, text=fenced(screening.kept)))
        found += screening.attacks
    return tuple(kept), found


def screen_passages(passages: Sequence[Passage]) -> tuple[list[Passage], tuple[str, ...]]:
    """The passages that give no orders to a machine, and notes on those that do: articles are data as well."""
    kept = [one for one in passages if not _orders_machines(f"{one.title}\n{one.text}")]
    notes = (
        f"passage left out, it holds orders to an agent: {one.article_public_id} v{one.version}"
        for one in passages
        if one not in kept
    )
    return kept, tuple(notes)


def _orders_machines(text: str) -> bool:
    """By words alone: an article has many sentences, its authors are ours, and it may well speak of rules."""
    for piece in segments(text[:_MOST_CHARACTERS]):
        plain = visible(piece.text)
        found = families_in(plain)
        if is_marked(plain) or (Family.QUOTED in found and found & _ORDERS):
            return True
    return False


@lru_cache(maxsize=256)
def screen(text: str) -> Screening:
    """Looks at each sentence by itself, so that an attack inside a long mail is found as well.

    Bounded: some thirty pieces are embedded at most, whatever the length.
    """
    if not text.strip():
        return Screening(text, ())
    pieces = segments(text[:_MOST_CHARACTERS], suspicious=lambda one: bool(families_in(visible(one))))
    found = _attacks(pieces)
    return Screening(_without(text, pieces, found) if found else text, tuple(found.values()))


def _attacks(pieces: Sequence[Segment]) -> dict[int, Attack]:
    """By the index of their piece. What is encoded in a piece is judged as if it were written out."""
    read = [(index, visible(text)) for index, piece in enumerate(pieces) for text in _readings(piece.text)]
    found: dict[int, Attack] = {}
    judged = detector().judge(rows_of([text for _index, text in read]))
    for (index, plain), (family, probability) in zip(read, judged, strict=True):
        if is_marked(plain):
            found[index] = Attack(Family.QUOTED, 1.0, pieces[index].text)
        elif probability >= detector().threshold and _says_something(plain):
            found.setdefault(index, Attack(family, probability, pieces[index].text))
    return found


def _says_something(plain: str) -> bool:
    """A name or a single word is like nothing in particular, unless it is one of the known ones."""
    return len(_WORD.findall(plain)) >= _LEAST_SAID or bool(families_in(plain))


def _readings(text: str) -> list[str]:
    return [text, *decoded(text)]


def rows_of(texts: Sequence[str]) -> NDArray[np.float64]:
    """What the detector judges: meaning and features of texts as `hidden_text.visible` gives them."""
    vectors = np.zeros((len(texts), local_embedding.DIMENSIONS))
    known = [index for index, text in enumerate(texts) if _is_latin(text)]
    if known:
        read = [_LINK.sub(" this page ", texts[index]) for index in known]
        vectors[known] = local_embedding.embed(read, max_tokens=_TOKENS)
    return np.hstack([vectors, np.array([features_of(text) for text in texts]).reshape(len(texts), -1)])


def _is_latin(text: str) -> bool:
    """Of other scripts the local model reads nothing: their words alone are judged."""
    return len(_LATIN.findall(text)) >= _LEAST_LATIN * max(1, len(_LETTER.findall(text)))


def _without(text: str, pieces: Sequence[Segment], attacked: Collection[int]) -> str:
    """What is left: nothing when an attack takes the greater part of the pieces.

    What follows an attack in its paragraph is mostly what it demands, however harmless by itself: it goes as well.
    """
    gone: list[tuple[int, int]] = []
    for index in sorted(attacked):
        blank = _BLANK_LINE.search(text, pieces[index].end)
        gone.append((pieces[index].start, blank.start() if blank else len(text)))
    taken = sum(any(start <= piece.start < end for start, end in gone) for piece in pieces)
    if taken > _MOST_ATTACKED * len(pieces):
        return ""
    parts, place = [], 0
    for start, end in gone:
        parts.append(text[place:start])
        place = max(place, end)
    return "\n".join(part.strip() for part in (*parts, text[place:]) if part.strip())
