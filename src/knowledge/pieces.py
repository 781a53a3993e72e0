"""The vectors of an article's short pieces. A long section is near to no question; one of its paragraphs is.

Chunks are what is shown and cited. Pieces only say how near an article is: the mean of its best three found more
than any vector of whole sections on a public forum's questions (nDCG@10 0.518 beside 0.479, 2,392 questions).
"""

import hashlib
from collections.abc import Mapping, Sequence

from pgvector import HalfVector
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from knowledge.chunking import chunk_article
from knowledge.embedding import count_tokens, model_id
from knowledge.models import Article, ArticlePiece
from llm.local_embedding import Vectors

PIECE_TOKENS = 128
BEST = 3  # So many of an article's pieces say how near it is.
_TITLE_CHARACTERS = 120  # A title that fills a piece leaves no room for what the piece says.


def piece_texts(title: str, body: str, question: str = "") -> dict[str, str]:
    """What is embedded, by its hash: windows over the whole article, the question it answers among it."""
    whole = f"{question}\n\n{body}" if question.strip() else body
    cut = chunk_article(title[:_TITLE_CHARACTERS], whole, count_tokens=count_tokens, max_tokens=PIECE_TOKENS)
    return {hashlib.sha256(piece.embedded.encode()).hexdigest(): piece.embedded for piece in cut}


def stored(session: Session, *, source: str, slug: str) -> set[str]:
    """Hashes of the article's pieces that have a vector of the present embedder."""
    query = (
        select(ArticlePiece.content_hash)
        .join(Article, Article.id == ArticlePiece.article_id)
        .where(Article.source == source, Article.slug == slug, ArticlePiece.model_id == model_id())
    )
    return set(session.scalars(query))


def replace(session: Session, article_id: int, hashes: Sequence[str], fresh: Mapping[str, Vectors]) -> None:
    """These are the article's pieces from now on; those without a fresh vector keep theirs."""
    session.execute(
        delete(ArticlePiece).where(
            ArticlePiece.article_id == article_id, ArticlePiece.content_hash.not_in(list(hashes))
        )
    )
    rows = [
        {
            "article_id": article_id,
            "content_hash": one,
            "model_id": model_id(),
            "embedding": HalfVector(vector),
        }
        for one, vector in fresh.items()
    ]
    if rows:
        statement = insert(ArticlePiece).values(rows)
        changed = {"embedding": statement.excluded.embedding}
        keys = [ArticlePiece.article_id, ArticlePiece.content_hash, ArticlePiece.model_id]
        session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def remove(session: Session, article_id: int) -> None:
    session.execute(delete(ArticlePiece).where(ArticlePiece.article_id == article_id))
