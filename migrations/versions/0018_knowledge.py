"""Vectors of whole articles, and the questions that articles have answered before."""

from alembic import op

revision = "0018"
down_revision: str | None = "0017"

_STATEMENTS = (
    "ALTER TABLE articles ADD COLUMN valid_from TIMESTAMP WITH TIME ZONE",
    "ALTER TABLE articles ADD COLUMN valid_until TIMESTAMP WITH TIME ZONE",
    """
    CREATE TABLE article_vectors (
        article_id BIGINT NOT NULL,
        model_id TEXT NOT NULL,
        lead HALFVEC(384) NOT NULL,
        whole HALFVEC(384) NOT NULL,
        CONSTRAINT pk_article_vectors PRIMARY KEY (article_id),
        CONSTRAINT fk_article_vectors_article_id FOREIGN KEY(article_id)
            REFERENCES articles (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE past_questions (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        source TEXT NOT NULL,
        article_id BIGINT NOT NULL,
        question TEXT NOT NULL,
        weight REAL NOT NULL,
        model_id TEXT NOT NULL,
        embedding HALFVEC(384) NOT NULL,
        asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_past_questions PRIMARY KEY (id),
        CONSTRAINT fk_past_questions_article_id FOREIGN KEY(article_id)
            REFERENCES articles (id) ON DELETE CASCADE,
        CONSTRAINT uq_past_questions_source_article UNIQUE (source, article_id)
    )
    """,
    "CREATE INDEX ix_past_questions_article ON past_questions (article_id)",
    """
    CREATE INDEX ix_past_questions_embedding ON past_questions USING hnsw (embedding halfvec_cosine_ops)
        WITH (m = 16, ef_construction = 128)
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
