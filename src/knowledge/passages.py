"""From what a search has ranked to the passages that are shown: relevant ones, with their texts, each once."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from knowledge.relevance import Signals
from knowledge.vector_store import Kind

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
class Candidate:
    """A chunk with its article, its signals, and what these make of it."""

    chunk_id: int
    article_id: int
    signals: Signals
    score: float
    relevance: float


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
class Shown:
    """How many passages, how relevant each must be, and how many one article may bring (None: any number)."""

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


def passages(session: Session, ranked: list[Candidate], shown: Shown) -> list[Passage]:
    """The best with their texts; the same words in two places are shown once."""
    read = shown.chosen(ranked)[: 3 * shown.limit]
    if not read:
        return []
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
