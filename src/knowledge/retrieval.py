"""Search: vectors and keywords together, re-ranked to a calibrated relevance. What answers nothing finds nothing."""

import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from knowledge import keyword_search, past_questions, stores
from knowledge.embedding import KNOWN_LANGUAGES, embed_question
from knowledge.keyword_search import Coverage
from knowledge.relevance import Signals, score_all
from knowledge.stores import store
from knowledge.vector_store import Audience, Filters, Kind, Nearness
from llm.local_embedding import Vectors
from runtime import telemetry
from runtime.database import transaction
from runtime.errors import Unavailable
from runtime.settings import settings

__all__ = ["Audience", "Filters", "Kind", "Passage", "Stage", "finds_by_meaning", "search"]

log = logging.getLogger(__name__)

CANDIDATES = 50  # From each of the two searches.
_MOST_CHARACTERS = 8_000  # The embedder reads the first 256 tokens, and nobody asks in more words.
_FUSION = 60  # The usual constant of reciprocal rank fusion.
_OWNERS = text("select id, article_id from chunks where id = any(cast(:chunks as bigint[]))")
# Named columns: with the whole rows, articles' texts among them, reading five passages took 2 ms of a search.
_SHOWN = text("""
select chunks.id as chunk_id, chunks.article_id, chunks.heading, chunks.text, chunks.language,
    articles.public_id, articles.version, articles.kind, articles.title, articles.url, articles.slug
from chunks join articles on articles.id = chunks.article_id
where chunks.id = any(cast(:chunks as bigint[]))
""")
# The title of a learned answer is what one customer wrote: nobody else reads it.
_LEARNED_TITLE = "Answer of our team"


@dataclass(frozen=True)
class Passage:
    """A chunk that was found. `relevance` is what counts; `dense` and `keyword` are what it was made of."""

    chunk_id: int
    article_id: int
    article_public_id: str
    version: int
    title: str
    heading: str
    text: str
    url: str
    language: str
    kind: Kind
    relevance: float
    dense: float
    keyword: float
    slug: str = ""  # The article's name within its source.


@dataclass(frozen=True)
class Candidate:
    """A chunk with its article, its signals, and what these make of it."""

    chunk_id: int
    article_id: int
    signals: Signals
    score: float
    relevance: float


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
    vector = _vector_of(words)
    near = None if vector is None else _nearest(vector, filters)
    asked = Asked(words, language, None if near is None else vector)
    with transaction() as session:
        ranked = rank(session, asked, near or (), filters=filters, stage=stage)
        return _passages(session, ranked, _Shown(limit, least, per_article))


def finds_by_meaning() -> bool:
    """Whether searches reach the store of vectors, as far as the latest ones tell."""
    return stores.is_alive()


def _words_of(question: str) -> str:
    """What can be searched for; empty when there is neither a letter nor a digit in it."""
    words = " ".join(question[:_MOST_CHARACTERS].replace("\0", " ").split())
    return words if any(character.isalnum() for character in words) else ""


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


def rank(
    session: Session,
    asked: Asked,
    nearest: Collection[int],
    *,
    filters: Filters,
    stage: Stage = Stage.RERANKED,
) -> list[Candidate]:
    """The nearest chunks, those that words and earlier questions find, with exact signals for all, the best first."""
    vector = asked.vector
    terms = keyword_search.terms_of(session, asked.words, language=asked.language)
    found = keyword_search.find(session, terms, filters, limit=CANDIDATES)
    near: dict[int, Nearness] = {}
    past: dict[int, float] = {}
    if vector is None:
        owners = _owners(session, found)
    else:
        past = past_questions.votes(session, vector, filters)
        recalled = past_questions.chunks_of(session, past)
        near = store.nearness(session, vector, {*found, *nearest, *recalled})
        owners = {chunk: one.article_id for chunk, one in near.items()}
    shares = keyword_search.coverage(session, terms, owners)
    signals = {
        chunk: _signals(near.get(chunk), shares.get(chunk, Coverage()), past.get(article, 0.0))
        for chunk, article in owners.items()
    }
    known = vector is not None and asked.language in KNOWN_LANGUAGES
    scored = score_all(list(signals.values()), known_language=known)
    candidates = [
        Candidate(chunk, owners[chunk], one, made.score, made.relevance)
        for (chunk, one), made in zip(signals.items(), scored, strict=True)
    ]
    return _in_order(candidates, stage)


def _owners(session: Session, chunks: Collection[int]) -> dict[int, int]:
    return {chunk: article for chunk, article in session.execute(_OWNERS, {"chunks": list(chunks)})}


def _signals(near: Nearness | None, share: Coverage, past: float) -> Signals:
    chunk, lead, whole = (near.chunk, near.lead, near.whole) if near else (0.0, 0.0, 0.0)
    return Signals(chunk, lead, whole, share.all, share.titles, past)


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


@dataclass(frozen=True)
class _Shown:
    limit: int
    least: float
    per_article: int | None

    def chosen(self, ranked: list[Candidate]) -> list[Candidate]:
        """Relevant ones, no more of an article than it may bring."""
        brought: Counter[int] = Counter()
        chosen = []
        for one in ranked:
            brought[one.article_id] += 1
            if one.relevance >= self.least and brought[one.article_id] <= (self.per_article or len(ranked)):
                chosen.append(one)
        return chosen


def _passages(session: Session, ranked: list[Candidate], shown: _Shown) -> list[Passage]:
    """The best with their texts; the same words in two places are shown once."""
    read = shown.chosen(ranked)[: 3 * shown.limit]
    rows = {row.chunk_id: row for row in session.execute(_SHOWN, {"chunks": [one.chunk_id for one in read]})}
    distinct: dict[str, Passage] = {}
    for one in read:
        if one.chunk_id in rows:
            passage = _passage(one, rows[one.chunk_id])
            distinct.setdefault(" ".join(passage.text.casefold().split()), passage)
    return list(distinct.values())[: shown.limit]


def _passage(candidate: Candidate, row: Row[Any]) -> Passage:
    return Passage(
        chunk_id=row.chunk_id,
        article_id=row.article_id,
        article_public_id=row.public_id,
        version=row.version,
        title=_LEARNED_TITLE if row.kind == Kind.LEARNED else row.title,
        heading=row.heading,
        text=row.text,
        url=row.url,
        language=row.language,
        kind=Kind(row.kind),
        relevance=candidate.relevance,
        dense=candidate.signals.chunk,
        keyword=candidate.signals.coverage,
        slug=row.slug,
    )
