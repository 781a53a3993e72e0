"""Article → chunks → vectors and words. Only what changed is embedded, and nothing is embedded in a transaction."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from knowledge import pieces, stored_chunks, versions
from knowledge.chunking import Chunk, chunk_article
from knowledge.embedding import count_tokens, embed_passages, model_id
from knowledge.markdown_text import plain
from knowledge.models import Article, ArticleVector, StoredChunk
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

    `lead` is the vector of its beginning; None when that is stored already. `pieces` are the hashes of all its short
    pieces, `piece_vectors` the vectors of the new ones.
    """

    article: NewArticle
    chunks: tuple[Chunk, ...]
    vectors: dict[str, Vectors]
    lead: Vectors | None
    pieces: tuple[str, ...] = ()
    piece_vectors: Mapping[str, Vectors] = field(default_factory=dict)


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
    """Several articles, whose new texts are embedded together."""
    cut = [_cut(article) for article in articles]
    with transaction() as session:
        plans = [_plan(session, one) for one in cut]
    texts = dict.fromkeys(text for plan in plans for text in plan.texts)
    vectors = dict(zip(texts, embed_passages(list(texts)), strict=True))
    return [
        Prepared(
            one.article,
            one.chunks,
            {content: vectors[text] for content, text in plan.chunks.items()},
            vectors[plan.lead] if plan.lead else None,
            tuple(one.pieces),
            {content: vectors[text] for content, text in plan.pieces.items()},
        )
        for one, plan in zip(cut, plans, strict=True)
    ]


@dataclass(frozen=True)
class _Cut:
    article: NewArticle
    chunks: tuple[Chunk, ...]
    pieces: Mapping[str, str]


@dataclass(frozen=True)
class _Plan:
    """Texts to be embedded, by content hash; `lead` is empty when it is not among them."""

    chunks: Mapping[str, str]
    pieces: Mapping[str, str]
    lead: str

    @property
    def texts(self) -> Iterator[str]:
        yield from self.chunks.values()
        yield from self.pieces.values()
        if self.lead:
            yield self.lead


def _cut(article: NewArticle) -> _Cut:
    chunks = chunk_article(article.title, article.body, count_tokens=count_tokens, question=article.question)
    return _Cut(
        article,
        tuple(chunks),
        pieces.piece_texts(article.title, article.body, article.question) if chunks else {},
    )


def _plan(session: Session, cut: _Cut) -> _Plan:
    """What has no vector of the present embedder yet."""
    new = cut.article
    known = stored_chunks.embedded_hashes(session, source=new.source, slug=new.slug, language=new.language)
    known_pieces = pieces.stored(session, source=new.source, slug=new.slug)
    begins_anew = bool(cut.chunks) and not _lead_is_stored(session, new)
    return _Plan(
        {one.content_hash: one.embedded for one in cut.chunks if one.content_hash not in known},
        {content: text for content, text in cut.pieces.items() if content not in known_pieces},
        lead(new) if begins_anew else "",
    )


def lead(article: NewArticle) -> str:
    """What an article is about in a few words: its question, or its title and its first paragraph."""
    if article.question.strip():
        return article.question.strip()[:_LEAD_CHARACTERS]
    first = next((line for line in plain(article.body[:_MOST_OF_A_BEGINNING]).splitlines() if line), "")
    return f"{article.title.strip()}\n{first[:_LEAD_CHARACTERS]}"


def write(session: Session, prepared: Prepared, *, by: str = "", seen_version: int | None = None) -> Added:
    """Record a prepared article with its version: new chunks in, gone chunks out, the rest kept with their ids.

    `by` is one of the staff, or nobody. `seen_version` is the version that is to be replaced, 0 for none at all;
    without it whatever is there is replaced. Raises Conflict when somebody else changed the same article since.
    """
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


def withdraw(session: Session, article: Article, *, by: str = "") -> None:
    """Nobody finds the article from now on; its row and versions stay for the answers that cite it."""
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
