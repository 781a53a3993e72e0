"""The vectors of two embedders side by side, which of them is in use, and who confirmed an answer."""

from alembic import op

revision = "0029"
down_revision: str | None = "0028"

_STATEMENTS = (
    """
    CREATE TABLE embedder_in_use (
        single BOOLEAN DEFAULT 'true' NOT NULL,
        model_id TEXT NOT NULL,
        since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_embedder_in_use PRIMARY KEY (single),
        CONSTRAINT ck_embedder_in_use_single CHECK (single)
    )
    """,
    # The searched vectors are those that most chunks have.
    """
    INSERT INTO embedder_in_use (model_id)
    SELECT model_id FROM vectors GROUP BY model_id ORDER BY count(*) DESC, model_id LIMIT 1
    """,
    "ALTER TABLE vectors DROP CONSTRAINT pk_vectors",
    "ALTER TABLE vectors ADD CONSTRAINT pk_vectors PRIMARY KEY (chunk_id, model_id)",
    "ALTER TABLE article_vectors DROP CONSTRAINT pk_article_vectors",
    "ALTER TABLE article_vectors ADD CONSTRAINT pk_article_vectors PRIMARY KEY (article_id, model_id)",
    "ALTER TABLE article_pieces DROP CONSTRAINT pk_article_pieces",
    "ALTER TABLE article_pieces ADD CONSTRAINT pk_article_pieces PRIMARY KEY (article_id, content_hash, model_id)",
    "ALTER TABLE past_questions DROP CONSTRAINT uq_past_questions_source_article",
    """
    ALTER TABLE past_questions
        ADD CONSTRAINT uq_past_questions_source_article UNIQUE (source, article_id, model_id)
    """,
    "ALTER TABLE past_questions ADD COLUMN confirmed_by TEXT DEFAULT 'staff' NOT NULL",
    """
    ALTER TABLE past_questions
        ADD CONSTRAINT ck_past_questions_confirmed_by CHECK (confirmed_by in ('staff', 'customer'))
    """,
    "ALTER TABLE learning_runs ADD COLUMN confirmed INTEGER DEFAULT 0 NOT NULL",
    # Counts the changes of what can be found: an answer of a search is remembered as long as it stays the same.
    """
    CREATE TABLE knowledge_revision (
        single BOOLEAN DEFAULT 'true' NOT NULL,
        revision BIGINT DEFAULT '0' NOT NULL,
        CONSTRAINT pk_knowledge_revision PRIMARY KEY (single),
        CONSTRAINT ck_knowledge_revision_single CHECK (single)
    )
    """,
    "CREATE INDEX ix_articles_valid_from ON articles (valid_from) WHERE valid_from IS NOT NULL",
    "CREATE INDEX ix_articles_valid_until ON articles (valid_until) WHERE valid_until IS NOT NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
