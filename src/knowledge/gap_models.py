"""The tables of knowledge gaps, and of the questions that they are made of."""

from datetime import datetime

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.embedding import DIMENSIONS
from knowledge.models import Article
from runtime.database import Table
from tickets.models import Ticket


class KnowledgeGap(Table):
    """What customers ask and the memory does not answer. How many ask is counted from `gap_questions`.

    Published while its article is not withdrawn, dismissed while `dismissed_at` is set, else open.
    """

    __tablename__ = "knowledge_gaps"
    __table_args__ = (
        CheckConstraint("draft_origin in ('answers', 'outline')", name="draft_origin"),
        Index("ix_knowledge_gaps_article", "article_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True)
    language: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text, server_default="")
    label: Mapped[str] = mapped_column(Text, server_default="")
    title: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[str] = mapped_column(Text, server_default="")
    draft_origin: Mapped[str] = mapped_column(Text, server_default="outline")
    draft_sources: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    disagreements: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    revision: Mapped[int] = mapped_column(Integer, server_default="1")
    edited_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    edited_by: Mapped[str] = mapped_column(Text, server_default="")
    article_id: Mapped[int | None] = mapped_column(ForeignKey(Article.id, ondelete="SET NULL"))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    published_by: Mapped[str] = mapped_column(Text, server_default="")
    dismissed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dismissed_by: Mapped[str] = mapped_column(Text, server_default="")
    dismissed_size: Mapped[int] = mapped_column(Integer, server_default="0")
    reopened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class GapQuestion(Table):
    """The redacted question of a ticket that the memory could not answer, and the gap that it belongs to.

    `embedding` is for languages that the embedder knows, `lexemes` for the others. `closeness` is the cosine to the
    middle of the gap.
    """

    __tablename__ = "gap_questions"
    __table_args__ = (Index("ix_gap_questions_gap", "gap_id", "asked_at"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey(Ticket.id, ondelete="CASCADE"), primary_key=True)
    gap_id: Mapped[int | None] = mapped_column(ForeignKey(KnowledgeGap.id, ondelete="SET NULL"))
    question: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text, server_default="")
    lexemes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    model_id: Mapped[str] = mapped_column(Text)
    embedding: Mapped[object] = mapped_column(HALFVEC(DIMENSIONS))
    closeness: Mapped[float] = mapped_column(REAL, server_default="0")
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
