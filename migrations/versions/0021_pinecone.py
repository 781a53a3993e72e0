"""What Pinecone holds of the vectors, so that what it lacks is computed from rows."""

from alembic import op

revision = "0021"
down_revision: str | None = "0020"

_STATEMENTS: tuple[str, ...] = (
    "ALTER TABLE vectors ADD COLUMN digest TEXT GENERATED ALWAYS AS (md5(embedding::text)) STORED",
    # No foreign key: a row outlives its chunk until the vector is deleted in Pinecone too.
    """
    CREATE TABLE pushed_vectors (
        host TEXT NOT NULL,
        namespace TEXT NOT NULL,
        chunk_id BIGINT NOT NULL,
        article_id BIGINT NOT NULL,
        model_id TEXT NOT NULL,
        fingerprint TEXT,
        claim_token TEXT,
        claimed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_pushed_vectors PRIMARY KEY (host, namespace, chunk_id)
    )
    """,
    "CREATE INDEX ix_pushed_vectors_article ON pushed_vectors (article_id)",
    "CREATE INDEX ix_pushed_vectors_claim ON pushed_vectors (claim_token) WHERE claim_token IS NOT NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
