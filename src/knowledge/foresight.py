"""What a search would find if an article read otherwise or were withdrawn. Nothing is written, nobody else sees it.

The article's chunks are taken out of what the search ranks, and those of its new text put in with exact signals.
That rare words would count a little differently is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from knowledge import keyword_search, pieces, retrieval
from knowledge.chunking import Chunk, chunk_article
from knowledge.embedding import count_tokens, embed_passages, embed_question, knows
from knowledge.keyword_search import Coverage, Terms
from knowledge.markdown_text import plain
from knowledge.passages import Candidate
from knowledge.preparing import NewArticle, lead
from knowledge.relevance import Signals, score_all
from knowledge.retrieval import CANDIDATES, Asked, Filters
from knowledge.stores import store
from knowledge.vector_store import Audience
from llm.local_embedding import Vectors
from runtime.database import transaction
from runtime.settings import settings

_MOST_CHARACTERS = 8_000
_WORDS = text("""
select cast(
    setweight(to_tsvector(cast(:configuration as regconfig), :named), 'A')
    || setweight(to_tsvector(cast(:configuration as regconfig), :said), 'D') as text)
""")
_COVERAGE = text("""
select chunk.place, sum(term.weight),
    coalesce(sum(term.weight) filter (
        where cast(chunk.words as tsvector) @@ cast(term.query || '\\:A' as tsquery)), 0)
from unnest(cast(:chunks as text[])) with ordinality as chunk (words, place)
join unnest(cast(:queries as text[]), cast(:weights as float8[])) as term (query, weight)
    on cast(chunk.words as tsvector) @@ cast(term.query as tsquery)
group by chunk.place
""")
_TEXTS = text("""
select chunks.id, articles.public_id, articles.title, articles.kind, chunks.text
from chunks join articles on articles.id = chunks.article_id
where chunks.id = any(cast(:chunks as bigint[]))
""")


@dataclass(frozen=True)
class Found:
    """A passage as a comparison shows it."""

    article: str
    title: str
    text: str
    relevance: float


@dataclass(frozen=True)
class Rewritten:
    """The new text of an article, cut and embedded. Without chunks it is withdrawn, or not for customers any more."""

    title: str
    language: str
    chunks: tuple[Chunk, ...]
    words: tuple[str, ...]
    vectors: Vectors
    lead: Vectors
    whole: Vectors
    pieces: Vectors


_WITHDRAWN = Rewritten("", "", (), (), *(np.zeros((0, 1), np.float32) for _ in range(4)))


def prepare(article: NewArticle | None) -> Rewritten:
    """Embeds: never call it with a session open. None: it is withdrawn."""
    if article is None or article.audience is not Audience.PUBLIC:
        return _WITHDRAWN
    chunks = chunk_article(article.title, article.body, count_tokens=count_tokens, question=article.question)
    if not chunks:
        return _WITHDRAWN
    cut = pieces.piece_texts(article.title, article.body, article.question).values()
    vectors = embed_passages([lead(article), *(chunk.embedded for chunk in chunks), *cut])
    whole, short = vectors[1 : len(chunks) + 1], vectors[len(chunks) + 1 :]
    mean: Vectors = whole.mean(axis=0)
    with transaction() as session:
        words = tuple(_words(session, chunk, article.language) for chunk in chunks)
    return Rewritten(
        article.title,
        article.language,
        tuple(chunks),
        words,
        whole,
        vectors[0],
        mean / np.linalg.norm(mean),
        short,
    )


def _words(session: Session, chunk: Chunk, language: str) -> str:
    """As `indexing` makes the words of a stored chunk."""
    given = {
        "configuration": keyword_search.configuration(language),
        "named": keyword_search.searchable(chunk.breadcrumb),
        "said": keyword_search.searchable(plain(chunk.text)),
    }
    made: str = session.scalars(_WORDS, given).one()
    return made


def compare(
    question: str, *, language: str, article_id: int, public_id: str, new: Rewritten, limit: int = 5
) -> tuple[list[Found], list[Found]]:
    """What is found now, and what would be found. Opens short transactions of its own."""
    words = " ".join(question[:_MOST_CHARACTERS].replace("\0", " ").split())
    if not any(map(str.isalnum, words)):
        return [], []
    vector = embed_question(words)
    asked = Asked(words, language, vector)
    nearest = list(store.query(vector, Filters(), limit=CANDIDATES))
    with transaction() as session:
        ranked = retrieval.rank(session, asked, nearest, filters=Filters())
        added = _added(session, asked, ranked, article_id, new)
        texts = _texts(session, ranked)
    texts |= {
        -place: Found(public_id, new.title, chunk.text, 0.0) for place, chunk in enumerate(new.chunks, 1)
    }
    others = [one for one in ranked if one.article_id != article_id]
    after = _scored([*others, *added], known=knows(language))
    return _shown(ranked, texts, limit), _shown(after, texts, limit)


def _added(
    session: Session, asked: Asked, ranked: Sequence[Candidate], article_id: int, new: Rewritten
) -> list[Candidate]:
    """The new chunks as candidates. Their ids are negative places."""
    if not new.chunks:
        return []
    assert asked.vector is not None
    before = next((one.signals for one in ranked if one.article_id == article_id), Signals())
    cosines = new.vectors @ asked.vector
    lead, whole = float(new.lead @ asked.vector), float(new.whole @ asked.vector)
    best = np.sort(new.pieces @ asked.vector)[-pieces.BEST :]
    shares = _coverage(session, asked, new)
    return [
        Candidate(
            -place,
            article_id,
            Signals(
                float(cosine),
                lead,
                whole,
                float(best.mean()),
                shares.get(place, Coverage()).all,
                shares.get(place, Coverage()).titles,
                before.past,
                before.fresh,
                before.named,
            ),
            0.0,
            0.0,
        )
        for place, cosine in enumerate(cosines, start=1)
    ]


def _coverage(session: Session, asked: Asked, new: Rewritten) -> dict[int, Coverage]:
    if asked.language != new.language:
        return {}
    terms: Terms = keyword_search.terms_of(session, asked.words, language=asked.language)
    given = {
        "chunks": list(new.words),
        "queries": [word.query for word in terms.words],
        "weights": [word.weight for word in terms.words],
    }
    return {place: Coverage(*shares) for place, *shares in session.execute(_COVERAGE, given)}


def _scored(candidates: Sequence[Candidate], *, known: bool) -> list[Candidate]:
    scored = score_all([one.signals for one in candidates], known_language=known)
    made = [
        Candidate(one.chunk_id, one.article_id, one.signals, score.score, score.relevance)
        for one, score in zip(candidates, scored, strict=True)
    ]
    return sorted(made, key=lambda one: (-one.score, one.chunk_id))


def _texts(session: Session, ranked: Sequence[Candidate]) -> dict[int, Found]:
    rows = session.execute(_TEXTS, {"chunks": [one.chunk_id for one in ranked]})
    return {row.id: Found(row.public_id, row.title, row.text, 0.0) for row in rows}


def _shown(ranked: Sequence[Candidate], texts: dict[int, Found], limit: int) -> list[Found]:
    """The relevant ones, the same words once, as the search shows them."""
    least = settings().knowledge.min_relevance
    shown: dict[str, Found] = {}
    for one in ranked:
        if one.relevance >= least and one.chunk_id in texts:
            found = texts[one.chunk_id]
            key = " ".join(found.text.casefold().split())
            shown.setdefault(key, Found(found.article, found.title, found.text, round(one.relevance, 3)))
    return list(shown.values())[:limit]
