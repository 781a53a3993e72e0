"""Article → chunks → vectors and words. Only what changed is embedded, and nothing is embedded in a transaction."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from knowledge import embedder_in_use, pieces, revisions, stored_chunks, versions
from knowledge.chunking import Chunk
from knowledge.embedding import model_id
from knowledge.models import Article, ArticleVector, StoredChunk
from knowledge.preparing import NewArticle, Prepared, as_new
from knowledge.stores import store
from runtime.errors import Conflict


class Change(StrEnum):
    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Added:
    """What became of an article."""

    article_id: int
    public_id: str
    title: str
    version: int
    chunks: int
    change: Change


def write(session: Session, prepared: Prepared, *, by: str = "", seen_version: int | None = None) -> Added:
    """Record a prepared article with its version: new chunks in, gone chunks out, the rest kept with their ids.

    `by` is one of the staff, or nobody. `seen_version` is the version that is to be replaced, 0 for none at all;
    without it whatever is there is replaced. Raises Conflict when somebody else changed the same article since.
    """
    embedder_in_use.note(session, model_id())
    revisions.advance(session)
    row, change = _upsert_article(session, prepared.article, by=by, seen_version=seen_version)
    present = stored_chunks.present_chunks(session, row)
    kept: dict[int, Chunk] = {}
    fresh: list[Chunk] = []
    for chunk in prepared.chunks:
        same = present[chunk.content_hash]
        if same:
            kept[stored_chunks.keep_chunk(session, same.pop(), chunk)] = chunk
        elif chunk.content_hash in prepared.vectors:
            fresh.append(chunk)
        else:
            raise Conflict(f"The article {row.title} was changed at the same time: try again.")
    stored_chunks.remove_chunks(session, [one.id for left in present.values() for one in left])
    _store_vectors(session, prepared, kept | stored_chunks.insert_chunks(session, row, fresh))
    store.upsert_article(session, row.id, prepared.lead)
    pieces.replace(session, row.id, prepared.pieces, prepared.piece_vectors)
    return Added(row.id, row.public_id, row.title, row.version, len(prepared.chunks), change)


def write_vectors(session: Session, prepared: Prepared) -> bool:
    """Only the vectors of an article. False when it is not stored as it was prepared: changed meanwhile, or cut by an
    earlier version of the product.
    """
    new = prepared.article
    row = session.scalars(
        select(Article).where(Article.source == new.source, Article.slug == new.slug).with_for_update()
    ).first()
    if row is None or row.withdrawn_at is not None or as_new(row).content_hash != new.content_hash:
        return False
    by_hash = {chunk.content_hash: chunk for chunk in prepared.chunks}
    present = stored_chunks.present_chunks(session, row)
    if present.keys() != by_hash.keys():
        return False
    stored = {one.id: by_hash[content] for content, same in present.items() for one in same}
    _store_vectors(session, prepared, stored)
    store.upsert_article(session, row.id, prepared.lead)
    pieces.replace(session, row.id, prepared.pieces, prepared.piece_vectors)
    return True


def _store_vectors(session: Session, prepared: Prepared, chunks: dict[int, Chunk]) -> None:
    vectors = {
        chunk_id: prepared.vectors[chunk.content_hash]
        for chunk_id, chunk in chunks.items()
        if chunk.content_hash in prepared.vectors
    }
    store.upsert(session, vectors)


def withdraw(session: Session, article: Article, *, by: str = "") -> None:
    """Nobody finds the article from now on; its row and versions stay for the answers that cite it."""
    revisions.advance(session)
    # Whoever is just writing it is waited for, so that none of its new chunks are left to be found.
    session.execute(select(Article.id).where(Article.id == article.id).with_for_update())
    chunks = session.scalars(select(StoredChunk.id).where(StoredChunk.article_id == article.id)).all()
    stored_chunks.remove_chunks(session, list(chunks))
    # What it was about is no evidence for another text that may come back under its name.
    session.execute(delete(ArticleVector).where(ArticleVector.article_id == article.id))
    pieces.remove(session, article.id)
    article.withdrawn_at = func.now()
    article.withdrawn_by = by
    session.flush()


def _upsert_article(
    session: Session, new: NewArticle, *, by: str, seen_version: int | None
) -> tuple[Article, Change]:
    values = {**asdict(new), "content_hash": new.content_hash}
    created = session.scalars(
        insert(Article)
        .values(**values, public_id=f"ART-{secrets.token_hex(4).upper()}")
        .on_conflict_do_nothing(index_elements=[Article.source, Article.slug])
        .returning(Article)
    ).first()
    if created is not None:
        if seen_version:  # It was erased meanwhile, and must not come back with what its writer had read.
            raise Conflict(f"The article {new.title} is not there any more.")
        versions.record(session, created, by=by)
        return created, Change.ADDED
    row = session.scalars(
        select(Article)
        .where(Article.source == new.source, Article.slug == new.slug)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if seen_version is not None:
        _check_unchanged(row, new, seen_version)
    if row.content_hash == new.content_hash and row.withdrawn_at is None:
        return row, Change.UNCHANGED
    _update(session, row, {**values, "withdrawn_at": None, "withdrawn_by": ""}, by=by)
    return row, Change.UPDATED


def _check_unchanged(row: Article, new: NewArticle, seen_version: int) -> None:
    if seen_version != row.version:
        raise Conflict(f"The article was changed meanwhile: it is now version {row.version}.")
    if row.withdrawn_at is not None and row.content_hash != new.content_hash:
        raise Conflict("The article is withdrawn: bring it back before you change it.")


def _update(session: Session, row: Article, values: Mapping[str, object], *, by: str) -> None:
    """What comes back unchanged after it was withdrawn is no new version."""
    is_new = row.content_hash != values["content_hash"]
    for name, value in values.items():
        setattr(row, name, value)
    row.version += is_new
    row.updated_at = func.now()
    session.flush()
    if is_new:
        versions.record(session, row, by=by)
