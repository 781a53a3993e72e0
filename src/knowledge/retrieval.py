"""Search: vectors and keywords together, re-ranked to a calibrated relevance. What answers nothing finds nothing."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from knowledge import keyword_search, past_questions, stores
from knowledge.embedding import KNOWN_LANGUAGES, embed_question
from knowledge.keyword_search import Coverage, Matches
from knowledge.passages import Candidate, Passage, Shown, passages
from knowledge.past_questions import Recalled
from knowledge.relevance import Signals, score_all
from knowledge.stores import store
from knowledge.vector_store import Audience, Filters, Kind, Nearness
from llm.local_embedding import Vectors
from runtime import telemetry
from runtime.alongside import alongside
from runtime.database import transaction
from runtime.errors import Unavailable
from runtime.settings import settings

__all__ = ["Audience", "Filters", "Kind", "Passage", "Stage", "finds_by_meaning", "search"]

log = logging.getLogger(__name__)

CANDIDATES = 50  # From each of the two searches.
_MOST_CHARACTERS = 8_000  # The embedder reads the first 256 tokens, and nobody asks in more words.
_FUSION = 60  # The usual constant of reciprocal rank fusion.
_OWNERS = text("select id, article_id from chunks where id = any(cast(:chunks as bigint[]))")


class Stage(StrEnum):
    """What orders the passages. Anything but the last is for measuring what each part is worth."""

    KEYWORD = "keyword"
    DENSE = "dense"
    FUSED = "fused"
    RERANKED = "reranked"


def search(  # noqa: PLR0913  # each narrows the search in its own way
    question: str,
    *,
    language: str = "en",
    limit: int = 5,
    audience: Audience = Audience.PUBLIC,
    min_relevance: float | None = None,
    filters: Filters = Filters(),
    per_article: int | None = None,
    stage: Stage = Stage.RERANKED,
) -> list[Passage]:
    """The passages that answer the question, the best first; none when nothing does.

    `language` is the question's. `min_relevance` is by default the setting DESKFLEET_KNOWLEDGE_MIN_RELEVANCE.
    `per_article` is how many passages one article may bring. While the embedder or the store of vectors is down,
    the words alone decide; that is counted and logged.
    """
    words = _words_of(question)
    if not words:
        return []
    least = settings().knowledge.min_relevance if min_relevance is None else min_relevance
    filters = replace(filters, audience=audience)
    matching = alongside(_matches, words, language, filters)
    vector = _vector_of(words)
    recalling = None if vector is None else alongside(_recalled, vector, filters)
    near = None if vector is None else _nearest(vector, filters)
    asked = Asked(words, language, None if near is None else vector)
    recalled = recalling.result() if recalling else Recalled()
    leads = Leads(near or (), matching.result(), Recalled() if near is None else recalled)
    with transaction() as session:
        ranked = _ranked(session, asked, leads)
        return passages(session, _in_order(ranked, stage), Shown(limit, least, per_article))


def finds_by_meaning() -> bool:
    """Whether searches reach the store of vectors, as far as the latest ones tell."""
    return stores.is_alive()


def _words_of(question: str) -> str:
    """What can be searched for; empty when there is neither a letter nor a digit in it."""
    words = " ".join(question[:_MOST_CHARACTERS].replace("\0", " ").split())
    return words if any(character.isalnum() for character in words) else ""


def _matches(words: str, language: str, filters: Filters) -> Matches:
    with transaction() as session:
        return keyword_search.match(session, words, language=language, filters=filters, limit=CANDIDATES)


def _recalled(vector: Vectors, filters: Filters) -> Recalled:
    with transaction() as session:
        return past_questions.recall(session, vector, filters)


def _vector_of(words: str) -> Vectors | None:
    try:
        return embed_question(words)
    except Unavailable as error:
        _record_degradation(error)
        return None


def _nearest(vector: Vectors, filters: Filters) -> list[int] | None:
    try:
        return list(store.query(vector, filters, limit=CANDIDATES))
    except (Unavailable, DBAPIError) as error:
        _record_degradation(error)
        return None


def _record_degradation(error: Exception) -> None:
    log.warning("search by keywords alone", extra={"cause": type(error).__name__})
    telemetry.count_keyword_search(type(error).__name__)


@dataclass(frozen=True)
class Asked:
    """A question. Without its vector the words alone count."""

    words: str
    language: str
    vector: Vectors | None


@dataclass(frozen=True)
class Leads:
    """What three searches bring: chunks near the question, those with its words, and what answered its like before."""

    nearest: Collection[int]
    matches: Matches
    recalled: Recalled


def rank(session: Session, asked: Asked, nearest: Collection[int], *, filters: Filters) -> list[Candidate]:
    """The nearest chunks, those that words and earlier questions find, with exact signals for all, the best first."""
    matches = keyword_search.match(
        session, asked.words, language=asked.language, filters=filters, limit=CANDIDATES
    )
    vector = asked.vector
    recalled = Recalled() if vector is None else past_questions.recall(session, vector, filters)
    return _in_order(_ranked(session, asked, Leads(nearest, matches, recalled)), Stage.RERANKED)


def _ranked(session: Session, asked: Asked, leads: Leads) -> list[Candidate]:
    vector, matches, past = asked.vector, leads.matches, leads.recalled.voices
    near: dict[int, Nearness] = {}
    if vector is None:
        owners = _owners(session, matches.chunks)
    else:
        near = store.nearness(session, vector, {*matches.chunks, *leads.nearest, *leads.recalled.chunks})
        owners = {chunk: one.article_id for chunk, one in near.items()}
    shares = keyword_search.coverage(session, matches.terms, owners)
    signals = {
        chunk: _signals(near.get(chunk), shares.get(chunk, Coverage()), past.get(article, 0.0))
        for chunk, article in owners.items()
    }
    known = vector is not None and asked.language in KNOWN_LANGUAGES
    scored = score_all(list(signals.values()), known_language=known)
    return [
        Candidate(chunk, owners[chunk], one, made.score, made.relevance)
        for (chunk, one), made in zip(signals.items(), scored, strict=True)
    ]


def _owners(session: Session, chunks: Collection[int]) -> dict[int, int]:
    return {chunk: article for chunk, article in session.execute(_OWNERS, {"chunks": list(chunks)})}


def _signals(near: Nearness | None, share: Coverage, past: float) -> Signals:
    if near is None:
        return Signals(coverage=share.all, titles=share.titles, past=past)
    return Signals(near.chunk, near.lead, near.whole, near.pieces, share.all, share.titles, past)


def _in_order(candidates: list[Candidate], stage: Stage) -> list[Candidate]:
    match stage:
        case Stage.KEYWORD:
            return sorted(candidates, key=lambda one: (-one.signals.coverage, one.chunk_id))
        case Stage.DENSE:
            return sorted(candidates, key=lambda one: (-one.signals.chunk, one.chunk_id))
        case Stage.FUSED:
            places = [_places(_in_order(candidates, part)) for part in (Stage.KEYWORD, Stage.DENSE)]
            return sorted(
                candidates, key=lambda one: -sum(1 / (_FUSION + place[one.chunk_id]) for place in places)
            )
        case Stage.RERANKED:
            return sorted(candidates, key=lambda one: (-one.score, one.chunk_id))


def _places(candidates: list[Candidate]) -> dict[int, int]:
    return {one.chunk_id: place for place, one in enumerate(candidates, start=1)}
