"""The chunks of an article as rows: which are there, which come, stay and go. Called by indexing alone."""

from collections import defaultdict

from sqlalchemy import ColumnElement, cast, delete, func, literal_column, select
from sqlalchemy.dialects.postgresql import REGCONFIG, insert
from sqlalchemy.orm import Session

from knowledge import keyword_search
from knowledge.chunking import Chunk
from knowledge.embedding import model_id
from knowledge.markdown_text import plain
from knowledge.models import Article, StoredChunk, Vector
from knowledge.stores import store


def embedded_hashes(session: Session, *, source: str, slug: str, language: str) -> set[str]:
    """By content hash, chunks of the article that have a vector of the present embedder."""
    query = (
        select(StoredChunk.content_hash)
        .join(Article, Article.id == StoredChunk.article_id)
        .join(Vector, Vector.chunk_id == StoredChunk.id)
        .where(
            Article.source == source,
            Article.slug == slug,
            StoredChunk.language == language,
            Vector.model_id == model_id(),
        )
    )
    return set(session.scalars(query))


def present_chunks(session: Session, article: Article) -> defaultdict[str, list[StoredChunk]]:
    """By content hash. Those in another language than the article's are not among them, and are removed."""
    rows = session.scalars(
        select(StoredChunk).where(StoredChunk.article_id == article.id).order_by(StoredChunk.position.desc())
    )
    present: defaultdict[str, list[StoredChunk]] = defaultdict(list)
    for row in rows:
        present[row.content_hash if row.language == article.language else f"old:{row.id}"].append(row)
    return present


def keep_chunk(session: Session, row: StoredChunk, chunk: Chunk) -> int:
    if row.position != chunk.position:
        row.position = chunk.position
        session.flush()
    return row.id


def insert_chunks(session: Session, article: Article, chunks: list[Chunk]) -> dict[int, Chunk]:
    if not chunks:
        return {}
    rows = [
        {
            "article_id": article.id,
            "position": chunk.position,
            "heading": chunk.heading,
            "text": chunk.text,
            "content_hash": chunk.content_hash,
            "tokens": chunk.tokens,
            "language": article.language,
            "search": _search_vector(chunk, article.language),
        }
        for chunk in chunks
    ]
    statement = insert(StoredChunk).values(rows).returning(StoredChunk.id, StoredChunk.position)
    by_position = {chunk.position: chunk for chunk in chunks}
    return {chunk_id: by_position[position] for chunk_id, position in session.execute(statement)}


def _search_vector(chunk: Chunk, language: str) -> ColumnElement[str]:
    """The words of the titles with weight A, those of the text with D."""
    configuration = cast(keyword_search.configuration(language), REGCONFIG)
    named = func.to_tsvector(configuration, keyword_search.searchable(chunk.breadcrumb))
    said = func.to_tsvector(configuration, keyword_search.searchable(plain(chunk.text)))
    weighted: ColumnElement[str] = func.setweight(named, literal_column("'A'")).op("||")(
        func.setweight(said, literal_column("'D'"))
    )
    return weighted


def remove_chunks(session: Session, chunks: list[int]) -> None:
    if chunks:
        store.delete(session, chunks)
        session.execute(delete(StoredChunk).where(StoredChunk.id.in_(chunks)))
