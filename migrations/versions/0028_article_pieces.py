"""Vectors of an article's short pieces. Articles that are there get theirs when they are indexed anew."""

from alembic import op

revision = "0028"
down_revision: str | None = "0027"

_STATEMENTS = (
    """
    CREATE TABLE article_pieces (
        article_id BIGINT NOT NULL,
        content_hash TEXT NOT NULL,
        model_id TEXT NOT NULL,
        embedding HALFVEC(384) NOT NULL,
        CONSTRAINT pk_article_pieces PRIMARY KEY (article_id, content_hash),
        CONSTRAINT fk_article_pieces_article_id FOREIGN KEY(article_id)
            REFERENCES articles (id) ON DELETE CASCADE
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
