"""The tables of articles, their chunks, the vectors of these, and how often each word occurs."""

from datetime import datetime

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from llm.local_embedding import DIMENSIONS
from runtime.database import Table

_Now = func.now()


class Article(Table):
    """A help article, or a question that staff answered. Withdrawn ones stay for old citations, without chunks."""

    __tablename__ = "articles"
    __table_args__ = (
        CheckConstraint("kind in ('article', 'learned')", name="kind"),
        CheckConstraint("audience in ('public', 'internal')", name="audience"),
        UniqueConstraint("source", "slug", name="uq_articles_source_slug"),
        Index("ix_articles_valid_from", "valid_from", postgresql_where=text("valid_from IS NOT NULL")),
        Index("ix_articles_valid_until", "valid_until", postgresql_where=text("valid_until IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    source: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, server_default="article")
    title: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text, server_default="")
    product: Mapped[str] = mapped_column(Text, server_default="")
    category: Mapped[str] = mapped_column(Text, server_default="")
    language: Mapped[str] = mapped_column(Text, server_default="en")
    audience: Mapped[str] = mapped_column(Text, server_default="public")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    content_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    withdrawn_by: Mapped[str] = mapped_column(Text, server_default="")
    valid_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    valid_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    named: Mapped[bool] = mapped_column(Boolean, server_default="false")  # By another article: see `naming`.


class ArticleVersion(Table):
    """An article as it was or is in one version. `changed_by`: one of the staff; empty for files and programs."""

    __tablename__ = "article_versions"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    product: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    valid_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    content_hash: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)


class StoredChunk(Table):
    """A chunk that can be found. Never updated but for its position: what changed is a new chunk."""

    __tablename__ = "chunks"
    __table_args__ = (
        Index("ix_chunks_article", "article_id", "position"),
        Index("ix_chunks_search", "search", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    heading: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(Text)
    tokens: Mapped[int] = mapped_column(Integer)
    language: Mapped[str] = mapped_column(Text)
    search: Mapped[str] = mapped_column(TSVECTOR)


class Vector(Table):
    """The embedding of a chunk. Half precision: the same recall, half the index (measured at 10,000)."""

    __tablename__ = "vectors"
    __table_args__ = (
        Index(
            "ix_vectors_embedding",
            "embedding",
            postgresql_using="hnsw",
            postgresql_with={"m": 16, "ef_construction": 128},
            postgresql_ops={"embedding": "halfvec_cosine_ops"},
        ),
    )

    chunk_id: Mapped[int] = mapped_column(ForeignKey("chunks.id", ondelete="CASCADE"), primary_key=True)
    model_id: Mapped[str] = mapped_column(Text, primary_key=True)
    embedding: Mapped[object] = mapped_column(HALFVEC(DIMENSIONS))
    digest: Mapped[str] = mapped_column(Text, Computed("md5(embedding::text)", persisted=True))


class PushedVector(Table):
    """A vector that Pinecone holds, or may hold while `fingerprint` is null; it outlives its chunk until deleted.

    `fingerprint` is of what was sent, `claim_token` and `claimed_at` are of whoever is sending now. Apart from
    `vectors`, because a change of a row there is a change of its index, which takes milliseconds.
    """

    __tablename__ = "pushed_vectors"
    __table_args__ = (
        Index("ix_pushed_vectors_article", "article_id"),
        Index("ix_pushed_vectors_claim", "claim_token", postgresql_where=text("claim_token IS NOT NULL")),
    )

    host: Mapped[str] = mapped_column(Text, primary_key=True)
    namespace: Mapped[str] = mapped_column(Text, primary_key=True)
    chunk_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    article_id: Mapped[int] = mapped_column(BigInteger)
    model_id: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str | None] = mapped_column(Text)
    claim_token: Mapped[str | None] = mapped_column(Text)
    claimed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ArticleVector(Table):
    """What an article is about: the embedding of its title with its beginning, and the mean of its chunks'."""

    __tablename__ = "article_vectors"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    model_id: Mapped[str] = mapped_column(Text, primary_key=True)
    lead: Mapped[object] = mapped_column(HALFVEC(DIMENSIONS))
    whole: Mapped[object] = mapped_column(HALFVEC(DIMENSIONS))


class ArticlePiece(Table):
    """The embedding of a short piece of an article, in no order; see `knowledge.pieces`."""

    __tablename__ = "article_pieces"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    content_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    model_id: Mapped[str] = mapped_column(Text, primary_key=True)
    embedding: Mapped[object] = mapped_column(HALFVEC(DIMENSIONS))


class PastQuestion(Table):
    """A redacted question that an article answered, as staff or a content customer said; `source` is its ticket."""

    __tablename__ = "past_questions"
    __table_args__ = (
        UniqueConstraint("source", "article_id", "model_id", name="uq_past_questions_source_article"),
        CheckConstraint("confirmed_by in ('staff', 'customer')", name="confirmed_by"),
        Index("ix_past_questions_article", "article_id"),
        Index(
            "ix_past_questions_embedding",
            "embedding",
            postgresql_using="hnsw",
            postgresql_with={"m": 16, "ef_construction": 128},
            postgresql_ops={"embedding": "halfvec_cosine_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    question: Mapped[str] = mapped_column(Text)
    weight: Mapped[float] = mapped_column(REAL)
    model_id: Mapped[str] = mapped_column(Text)
    embedding: Mapped[object] = mapped_column(HALFVEC(DIMENSIONS))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_Now)
    confirmed_by: Mapped[str] = mapped_column(Text, server_default="staff")


class Lexeme(Table):
    """In how many chunks of a language a word occurs, kept by triggers on chunks; the empty word counts all."""

    __tablename__ = "lexemes"

    language: Mapped[str] = mapped_column(Text, primary_key=True)
    lexeme: Mapped[str] = mapped_column(Text, primary_key=True)
    chunks: Mapped[int] = mapped_column(Integer)
