"""Search: vectors and keywords together, re-ranked to a calibrated relevance. What answers nothing finds nothing."""

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import keyword_search
from knowledge.embedding import KNOWN_LANGUAGES, embed_question
from knowledge.models import Article, StoredChunk
from knowledge.relevance import relevance
from knowledge.stores import store
from knowledge.vector_store import Audience, Filters, Kind
from llm.local_embedding import Vectors
from runtime.database import transaction
from runtime.settings import settings

__all__ = ["Audience", "Filters", "Kind", "Passage", "search"]

_CANDIDATES = 50  # From each of the two searches.
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


@dataclass(frozen=True)
class Candidate:
    """A chunk with its signals: cosine to the question, and the share of the question's words that it holds."""

    chunk_id: int
    cosine: float
    coverage: float
    relevance: float


def search(
    question: str,
    *,
    language: str = "en",
    limit: int = 5,
    audience: Audience = Audience.PUBLIC,
    min_relevance: float | None = None,
    filters: Filters = Filters(),
) -> list[Passage]:
    """The passages that answer the question, the best first; none when nothing does.

    `language` is the question's. `min_relevance` is by default the setting DESKFLEET_KNOWLEDGE_MIN_RELEVANCE.
    """
    words = " ".join(question.replace("\0", " ").split())
    if not words:
        return []
    least = settings().knowledge.min_relevance if min_relevance is None else min_relevance
    vector = embed_question(words)
    with transaction() as session:
        ranked = rank(session, words, vector, language=language, filters=replace(filters, audience=audience))
        return _passages(session, [one for one in ranked if one.relevance >= least], limit)


def rank(
    session: Session, question: str, vector: Vectors, *, language: str, filters: Filters
) -> list[Candidate]:
    """What either search finds, with exact signals for all of it, the most relevant first."""
    terms = keyword_search.terms_of(session, question, language=language)
    cosines = store.query(session, vector, filters, limit=_CANDIDATES)
    found = keyword_search.find(session, terms, filters, limit=_CANDIDATES)
    cosines |= store.cosines(session, vector, set(found) - set(cosines))
    shares = keyword_search.coverage(session, terms, cosines)
    best = max(cosines.values(), default=0.0)
    known = language in KNOWN_LANGUAGES
    scored = [
        Candidate(
            chunk,
            cosine,
            share,
            relevance(cosine=cosine, coverage=share, best_cosine=best, known_language=known),
        )
        for chunk, cosine in cosines.items()
        for share in [shares.get(chunk, 0.0)]
    ]
    return sorted(scored, key=lambda one: (-one.relevance, one.chunk_id))


def _passages(session: Session, ranked: list[Candidate], limit: int) -> list[Passage]:
    """The best `limit` with their texts; the same words in two places are shown once."""
    read = ranked[: 3 * limit]
    query = (
        select(StoredChunk, Article)
        .join(Article, Article.id == StoredChunk.article_id)
        .where(StoredChunk.id.in_([one.chunk_id for one in read]))
    )
    rows = {chunk.id: (chunk, article) for chunk, article in session.execute(query)} if read else {}
    distinct: dict[str, Passage] = {}
    for one in read:
        if one.chunk_id in rows:
            passage = _passage(one, *rows[one.chunk_id])
            distinct.setdefault(" ".join(passage.text.casefold().split()), passage)
    return list(distinct.values())[:limit]


def _passage(candidate: Candidate, chunk: StoredChunk, article: Article) -> Passage:
    return Passage(
        chunk_id=chunk.id,
        article_id=article.id,
        article_public_id=article.public_id,
        version=article.version,
        title=_LEARNED_TITLE if article.kind == Kind.LEARNED else article.title,
        heading=chunk.heading,
        text=chunk.text,
        url=article.url,
        language=chunk.language,
        kind=Kind(article.kind),
        relevance=candidate.relevance,
        dense=candidate.cosine,
        keyword=candidate.coverage,
    )
