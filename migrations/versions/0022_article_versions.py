"""Every version of an article, and who withdrew it."""

from alembic import op

revision = "0022"
down_revision: str | None = "0021"

_STATEMENTS = (
    "ALTER TABLE articles ADD COLUMN withdrawn_by TEXT DEFAULT '' NOT NULL",
    """
    CREATE TABLE article_versions (
        article_id BIGINT NOT NULL,
        version INTEGER NOT NULL,
        title TEXT NOT NULL,
        question TEXT NOT NULL,
        body TEXT NOT NULL,
        url TEXT NOT NULL,
        product TEXT NOT NULL,
        category TEXT NOT NULL,
        language TEXT NOT NULL,
        audience TEXT NOT NULL,
        valid_from TIMESTAMP WITH TIME ZONE,
        valid_until TIMESTAMP WITH TIME ZONE,
        content_hash TEXT NOT NULL,
        changed_by TEXT DEFAULT '' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_article_versions PRIMARY KEY (article_id, version),
        CONSTRAINT fk_article_versions_article_id FOREIGN KEY(article_id)
            REFERENCES articles (id) ON DELETE CASCADE
    )
    """,
    """
    INSERT INTO article_versions (
        article_id, version, title, question, body, url, product, category, language, audience, valid_from,
        valid_until, content_hash, created_at
    )
    SELECT
        id, version, title, question, body, url, product, category, language, audience, valid_from,
        valid_until, content_hash, updated_at
    FROM articles
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
