"""Article → chunks → vectors and words. Only what changed is embedded, and nothing is embedded in a transaction."""

import hashlib
import json
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, cast, delete, func, literal_column, select
from sqlalchemy.dialects.postgresql import REGCONFIG, insert
from sqlalchemy.orm import Session

from knowledge import keyword_search
from knowledge.chunking import Chunk, chunk_article
from knowledge.embedding import count_tokens, embed_passages, model_id
from knowledge.markdown_text import plain
from knowledge.models import Article, ArticleVector, StoredChunk, Vector
from knowledge.stores import store
from knowledge.vector_store import Audience, Kind
from llm.local_embedding import Vectors
from runtime.database import transaction
from runtime.errors import Conflict

_LEAD_CHARACTERS = 500
_MOST_OF_A_BEGINNING = 5_000


class Change(StrEnum):
    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class NewArticle:
    """An article as it comes in; (source, slug) says which one it is. `question` is for learned ones."""

    source: str
    slug: str
    title: str
    body: str
    question: str = ""
    url: str = ""
    product: str = ""
    category: str = ""
    language: str = "en"
    audience: Audience = Audience.PUBLIC
    kind: Kind = Kind.ARTICLE
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Prepared:
    """An article cut into chunks, with the vectors of those that are new, by content hash.

    `lead` is the vector of its beginning; None when that is stored already.
    """

    article: NewArticle
    chunks: tuple[Chunk, ...]
    vectors: dict[str, Vectors]
    lead: Vectors | None


@dataclass(frozen=True)
class Added:
    """What became of an article."""

    article_id: int
    public_id: str
    title: str
    version: int
    chunks: int
    change: Change


def prepare(article: NewArticle) -> Prepared:
    """Cut and embed, in no transaction but a short one that reads what is embedded already."""
    return prepare_all([article])[0]


def prepare_all(articles: Sequence[NewArticle]) -> list[Prepared]:
    """Several articles, whose new chunks are embedded together."""
    cut = [
        chunk_article(one.title, one.body, count_tokens=count_tokens, question=one.question)
        for one in articles
    ]
    with transaction() as session:
        known = [_embedded_hashes(session, one) for one in articles]
        leads = [_lead_is_stored(session, one) for one in articles]
    fresh = [
        {chunk.content_hash: chunk.embedded for chunk in chunks if chunk.content_hash not in hashes}
        for chunks, hashes in zip(cut, known, strict=True)
    ]
    beginnings = [
        None if stored or not chunks else lead(article)
        for article, chunks, stored in zip(articles, cut, leads, strict=True)
    ]
    texts = dict.fromkeys(text for one in fresh for text in one.values())
    texts |= dict.fromkeys(text for text in beginnings if text)
    vectors = dict(zip(texts, embed_passages(list(texts)), strict=True))
    return [
        Prepared(
            article,
            tuple(chunks),
            {content: vectors[text] for content, text in new.items()},
            vectors[beginning] if beginning else None,
        )
        for article, chunks, new, beginning in zip(articles, cut, fresh, beginnings, strict=True)
    ]


def lead(article: NewArticle) -> str:
    """What an article is about in a few words: its question, or its title and its first paragraph."""
    if article.question.strip():
        return article.question.strip()[:_LEAD_CHARACTERS]
    first = next((line for line in plain(article.body[:_MOST_OF_A_BEGINNING]).splitlines() if line), "")
    return f"{article.title.strip()}\n{first[:_LEAD_CHARACTERS]}"


def write(session: Session, prepared: Prepared) -> Added:
    """Record a prepared article: new chunks in, gone chunks out, the rest kept with their ids.

    Raises Conflict when somebody else changed the same article since it was prepared.
    """
    row, change = _upsert_article(session, prepared.article)
    present = _present_chunks(session, row)
    kept: dict[int, Chunk] = {}
    fresh: list[Chunk] = []
    for chunk in prepared.chunks:
        same = present[chunk.content_hash]
        if same:
            kept[_keep_chunk(session, same.pop(), chunk)] = chunk
        elif chunk.content_hash in prepared.vectors:
            fresh.append(chunk)
        else:
            raise Conflict(f"The article {row.title} was changed at the same time: try again.")
    _remove_chunks(session, [one.id for left in present.values() for one in left])
    _store_vectors(session, prepared, kept | _insert_chunks(session, row, fresh))
    store.upsert_article(session, row.id, prepared.lead)
    return Added(row.id, row.public_id, row.title, row.version, len(prepared.chunks), change)


def _store_vectors(session: Session, prepared: Prepared, chunks: dict[int, Chunk]) -> None:
    vectors = {
        chunk_id: prepared.vectors[chunk.content_hash]
        for chunk_id, chunk in chunks.items()
        if chunk.content_hash in prepared.vectors
    }
    store.upsert(session, vectors)


def as_new(article: Article) -> NewArticle:
    """A stored article as if it came in now."""
    names = [field.name for field in fields(NewArticle)]
    values = {name: getattr(article, name) for name in names}
    return NewArticle(**{**values, "audience": Audience(article.audience), "kind": Kind(article.kind)})


def withdraw(session: Session, article: Article) -> None:
    """Nobody finds the article from now on; its row stays for the answers that cite it."""
    chunks = session.scalars(select(StoredChunk.id).where(StoredChunk.article_id == article.id)).all()
    _remove_chunks(session, list(chunks))
    # What it was about is no evidence for another text that may come back under its name.
    session.execute(delete(ArticleVector).where(ArticleVector.article_id == article.id))
    article.withdrawn_at = func.now()
    session.flush()


def _embedded_hashes(session: Session, article: NewArticle) -> set[str]:
    """Chunks of the article that have a vector of the present embedder."""
    query = (
        select(StoredChunk.content_hash)
        .join(Article, Article.id == StoredChunk.article_id)
        .join(Vector, Vector.chunk_id == StoredChunk.id)
        .where(
            Article.source == article.source,
            Article.slug == article.slug,
            StoredChunk.language == article.language,
            Vector.model_id == model_id(),
        )
    )
    return set(session.scalars(query))


def _lead_is_stored(session: Session, article: NewArticle) -> bool:
    """Whether the stored article begins in the same way, and has a vector of the present embedder."""
    query = (
        select(Article)
        .join(ArticleVector, Article.id == ArticleVector.article_id)
        .where(
            Article.source == article.source,
            Article.slug == article.slug,
            ArticleVector.model_id == model_id(),
        )
    )
    stored = session.scalars(query).first()
    return stored is not None and lead(as_new(stored)) == lead(article)


def _upsert_article(session: Session, new: NewArticle) -> tuple[Article, Change]:
    values = {**asdict(new), "content_hash": new.content_hash}
    created = session.scalars(
        insert(Article)
        .values(**values, public_id=f"ART-{secrets.token_hex(4).upper()}")
        .on_conflict_do_nothing(index_elements=[Article.source, Article.slug])
        .returning(Article)
    ).first()
    if created is not None:
        return created, Change.ADDED
    row = session.scalars(
        select(Article)
        .where(Article.source == new.source, Article.slug == new.slug)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.content_hash == new.content_hash and row.withdrawn_at is None:
        return row, Change.UNCHANGED
    version = row.version + (row.content_hash != new.content_hash)
    for name, value in {**values, "version": version, "withdrawn_at": None, "updated_at": func.now()}.items():
        setattr(row, name, value)
    session.flush()
    return row, Change.UPDATED


def _present_chunks(session: Session, article: Article) -> defaultdict[str, list[StoredChunk]]:
    """By content hash. Those in another language than the article's are not among them, and are removed."""
    rows = session.scalars(
        select(StoredChunk).where(StoredChunk.article_id == article.id).order_by(StoredChunk.position.desc())
    )
    present: defaultdict[str, list[StoredChunk]] = defaultdict(list)
    for row in rows:
        present[row.content_hash if row.language == article.language else f"old:{row.id}"].append(row)
    return present


def _keep_chunk(session: Session, row: StoredChunk, chunk: Chunk) -> int:
    if row.position != chunk.position:
        row.position = chunk.position
        session.flush()
    return row.id


def _insert_chunks(session: Session, article: Article, chunks: list[Chunk]) -> dict[int, Chunk]:
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


def _remove_chunks(session: Session, chunks: list[int]) -> None:
    if chunks:
        store.delete(session, chunks)
        session.execute(delete(StoredChunk).where(StoredChunk.id.in_(chunks)))
