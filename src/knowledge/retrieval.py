"""Search: vectors and keywords together, re-ranked to a calibrated relevance. What answers nothing finds nothing."""

import logging
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from knowledge import keyword_search, past_questions, search_cache, stores
from knowledge.embedding import embed_question, knows, model_id, using
from knowledge.freshness import freshness
from knowledge.keyword_search import Coverage, Matches
from knowledge.passages import Candidate, Passage, Shown, passages
from knowledge.past_questions import Recalled
from knowledge.relevance import Signals, score_all
from knowledge.search_cache import Moment
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
_OWNERS = text("""
select chunks.id, chunks.article_id, articles.valid_from
from chunks join articles on articles.id = chunks.article_id
where chunks.id = any(cast(:chunks as bigint[]))
""")


class Stage(StrEnum):
    """What orders the passages. Anything but the last is for measuring what each part is worth."""

    KEYWORD = "keyword"
    DENSE = "dense"
    FUSED = "fused"
    RERANKED = "reranked"


Elsewhere = Callable[[str, str, int], list[Passage]]
"""Question, language, limit → passages."""
_elsewhere: ContextVar[Elsewhere | None] = ContextVar("elsewhere", default=None)


@contextmanager
def searching(elsewhere: Elsewhere) -> Iterator[None]:
    """Within, searches for customers ask this instead of the knowledge of now: a replay asks that of an earlier day."""
    token = _elsewhere.set(elsewhere)
    try:
        yield
    finally:
        _elsewhere.reset(token)


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
    words = words_of(question)
    if not words:
        return []
    if (elsewhere := _elsewhere.get()) and audience is Audience.PUBLIC:
        return elsewhere(words, language, limit)
    least = settings().knowledge.min_relevance if min_relevance is None else min_relevance
    filters = replace(filters, audience=audience)
    shown = Shown(limit, least, per_article)
    with using(model_id()):  # The embedder may be changed meanwhile.
        key = search_cache.key_of(model_id(), words, language, filters, shown, stage)
        if (known := search_cache.find(key)) is not None:
            return known
        asked, leads, begun = _led(words, language, filters)
        with transaction() as session:
            found = passages(
                session, _in_order(_ranked(session, asked, leads, filters.valid_at), stage), shown
            )
        if asked.vector is not None:
            search_cache.keep(key, begun, found)
        return found


def _led(words: str, language: str, filters: Filters) -> "tuple[Asked, Leads, Moment]":
    """The question as it can be asked, what the searches bring, and what the knowledge was before any of them read."""
    moment: Future[Moment] = Future()
    matching = alongside(_matches, words, language, filters, moment)
    vector = _vector_of(words)
    begun = moment.result()
    recalling = None if vector is None else alongside(_recalled, vector, filters)
    near = None if vector is None else _nearest(vector, filters)
    asked = Asked(words, language, None if near is None else vector)
    recalled = recalling.result() if recalling else Recalled()
    return asked, Leads(near or (), matching.result(), Recalled() if near is None else recalled), begun


def finds_by_meaning() -> bool:
    """Whether searches reach the store of vectors, as far as the latest ones tell."""
    return stores.is_alive()


def words_of(question: str) -> str:
    """What can be searched for; empty when there is neither a letter nor a digit in it."""
    words = " ".join(question[:_MOST_CHARACTERS].replace("\0", " ").split())
    return words if any(character.isalnum() for character in words) else ""


def _matches(words: str, language: str, filters: Filters, begun: Future[Moment]) -> Matches:
    try:
        with transaction() as session:
            begun.set_result(search_cache.moment(session))
            return keyword_search.match(session, words, language=language, filters=filters, limit=CANDIDATES)
    except BaseException as error:
        if not begun.done():
            begun.set_exception(error)
        raise


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
    return _in_order(
        _ranked(session, asked, Leads(nearest, matches, recalled), filters.valid_at), Stage.RERANKED
    )


def _ranked(session: Session, asked: Asked, leads: Leads, moment: datetime | None) -> list[Candidate]:
    vector, matches, past = asked.vector, leads.matches, leads.recalled.voices
    near: dict[int, Nearness] = {}
    if vector is None:
        owners, dates = _owners(session, matches.chunks)
    else:
        near = store.nearness(session, vector, {*matches.chunks, *leads.nearest, *leads.recalled.chunks})
        owners = {chunk: one.article_id for chunk, one in near.items()}
        dates = {one.article_id: one.since for one in near.values()}
    shares = keyword_search.coverage(session, matches.terms, owners)
    fresh = freshness(dates, moment)
    signals = {
        chunk: _signals(
            near.get(chunk), shares.get(chunk, Coverage()), past.get(article, 0.0), fresh.get(article, 0.0)
        )
        for chunk, article in owners.items()
    }
    known = vector is not None and knows(asked.language)
    scored = score_all(list(signals.values()), known_language=known)
    return [
        Candidate(chunk, owners[chunk], one, made.score, made.relevance)
        for (chunk, one), made in zip(signals.items(), scored, strict=True)
    ]


def _owners(session: Session, chunks: Collection[int]) -> tuple[dict[int, int], dict[int, datetime | None]]:
    """The article of each chunk, and since when each article is valid."""
    rows = session.execute(_OWNERS, {"chunks": list(chunks)}).all()
    return {row.id: row.article_id for row in rows}, {row.article_id: row.valid_from for row in rows}


def _signals(near: Nearness | None, share: Coverage, past: float, fresh: float) -> Signals:
    if near is None:
        return Signals(coverage=share.all, titles=share.titles, past=past, fresh=fresh)
    return Signals(
        near.chunk,
        near.lead,
        near.whole,
        near.pieces,
        share.all,
        share.titles,
        past,
        fresh,
        float(near.named),
    )


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
