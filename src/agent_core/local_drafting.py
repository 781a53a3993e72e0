"""The offline drafter: picks and orders the sentences of the sources that answer the question. It invents nothing."""

from dataclasses import dataclass

import numpy as np

from agent_core.drafts import Claim, Source
from agent_core.sentences import Unit, units
from llm import local_embedding
from runtime.agent_settings import Length

LONGEST = 800  # Characters of a sentence. What is longer is a listing or a log: nobody reads it in a reply.
_MOST_STEPS = 7
# Cosines of MiniLM between a question and a sentence that helps to answer it, seen on help articles.
_HELPS = 0.35
_NEAR_BEST = 0.62
_SECOND_SOURCE = 0.8


@dataclass(frozen=True)
class Extent:
    """How many sentences of the best source a reply takes, and how many of how many others."""

    sentences: int
    sources: int = 1
    of_others: int = 2


_EXTENTS = {Length.SHORT: Extent(2), Length.NORMAL: Extent(4, 2), Length.LONG: Extent(6, 3, 3)}


@dataclass(frozen=True)
class _Scored:
    unit: Unit
    source: int
    order: int
    score: float


def extent_of(length: Length) -> Extent:
    return _EXTENTS[length]


def choose_claims(
    question: str, sources: tuple[Source, ...], extent: Extent = _EXTENTS[Length.NORMAL]
) -> tuple[Claim, ...]:
    """Sentences and steps of the best sources, in the order of the text."""
    if not sources:
        return ()
    best = max(source.relevance for source in sources)
    claims: list[Claim] = []
    for index, source in enumerate(sources[: extent.sources]):
        if index and source.relevance < _SECOND_SOURCE * best:
            break
        claims += _from_source(question, index, source, extent.of_others if index else extent.sentences)
    return _without_repeats(claims)


def _from_source(question: str, index: int, source: Source, most: int) -> list[Claim]:
    scored = _score(question, index, source)
    if not scored:
        return []
    steps = [one for one in scored if one.unit.step]
    sentences = [one for one in scored if not one.unit.step]
    best = max(one.score for one in scored)
    chosen = [one for one in sentences if one.score >= max(_HELPS, _NEAR_BEST * best)]
    chosen = sorted(chosen, key=lambda one: -one.score)[:most]
    if steps and _wanted(steps, best):
        chosen += steps[:_MOST_STEPS]
    chosen = chosen or sorted(scored, key=lambda one: -one.score)[:1]
    return [
        Claim(one.unit.text, (index,), one.unit.step) for one in sorted(chosen, key=lambda one: one.order)
    ]


def _score(question: str, index: int, source: Source) -> list[_Scored]:
    found = units(source.text)
    if any(unit.step and len(unit.text) > LONGEST for unit in found):  # Half a procedure helps nobody.
        found = [unit for unit in found if not unit.step]
    found = [unit for unit in found if len(unit.text) <= LONGEST]
    if not found:
        return []
    about = "" if source.learned else f"{source.title}: "
    vectors = local_embedding.embed_remembered([f"{about}{unit.text}" for unit in found])
    scores = np.asarray(vectors @ local_embedding.embed_one(question))
    return [_Scored(unit, index, order, float(scores[order])) for order, unit in enumerate(found)]


def _wanted(steps: list[_Scored], best: float) -> bool:
    """Steps go together or not at all: half a procedure helps nobody."""
    return max(step.score for step in steps) >= _NEAR_BEST * best


def _without_repeats(claims: list[Claim]) -> tuple[Claim, ...]:
    kept: dict[str, Claim] = {}
    for claim in claims:
        kept.setdefault(claim.text.casefold(), claim)
    return tuple(kept.values())
