"""Articles, their chunks with vectors and words, and how often each word occurs."""

from alembic import op

revision = "0005"
down_revision: str | None = "0004"

_STATEMENTS = (
    "CREATE EXTENSION IF NOT EXISTS vector",
    """
    CREATE TABLE articles (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        public_id TEXT NOT NULL,
        source TEXT NOT NULL,
        slug TEXT NOT NULL,
        kind TEXT DEFAULT 'article' NOT NULL,
        title TEXT NOT NULL,
        question TEXT DEFAULT '' NOT NULL,
        body TEXT NOT NULL,
        url TEXT DEFAULT '' NOT NULL,
        product TEXT DEFAULT '' NOT NULL,
        category TEXT DEFAULT '' NOT NULL,
        language TEXT DEFAULT 'en' NOT NULL,
        audience TEXT DEFAULT 'public' NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        content_hash TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_articles PRIMARY KEY (id),
        CONSTRAINT ck_articles_kind CHECK (kind in ('article', 'learned')),
        CONSTRAINT ck_articles_audience CHECK (audience in ('public', 'internal')),
        CONSTRAINT uq_articles_public_id UNIQUE (public_id),
        CONSTRAINT uq_articles_source_slug UNIQUE (source, slug)
    )
    """,
    """
    CREATE TABLE chunks (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        article_id BIGINT NOT NULL,
        position INTEGER NOT NULL,
        heading TEXT NOT NULL,
        text TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        tokens INTEGER NOT NULL,
        language TEXT NOT NULL,
        search TSVECTOR NOT NULL,
        CONSTRAINT pk_chunks PRIMARY KEY (id),
        CONSTRAINT fk_chunks_article_id FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_chunks_article ON chunks (article_id, position)",
    # Searches come all day and chunks at night: no list of pending entries that each search would have to read.
    "CREATE INDEX ix_chunks_search ON chunks USING gin (search) WITH (fastupdate = off)",
    """
    CREATE TABLE vectors (
        chunk_id BIGINT NOT NULL,
        model_id TEXT NOT NULL,
        embedding HALFVEC(384) NOT NULL,
        CONSTRAINT pk_vectors PRIMARY KEY (chunk_id),
        CONSTRAINT fk_vectors_chunk_id FOREIGN KEY(chunk_id) REFERENCES chunks (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX ix_vectors_embedding ON vectors USING hnsw (embedding halfvec_cosine_ops)
        WITH (m = 16, ef_construction = 128)
    """,
    """
    CREATE TABLE lexemes (
        language TEXT NOT NULL,
        lexeme TEXT NOT NULL,
        chunks INTEGER NOT NULL,
        CONSTRAINT pk_lexemes PRIMARY KEY (language, lexeme)
    )
    """,
    # Whatever path a chunk comes or goes by, the counts are right. Writers take turns: their words overlap,
    # so two of them would lock the same rows in different orders.
    """
    CREATE FUNCTION count_lexemes() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        direction INTEGER := CASE tg_op WHEN 'INSERT' THEN 1 ELSE -1 END;
    BEGIN
        PERFORM pg_advisory_xact_lock(7305211003);
        INSERT INTO lexemes AS known (language, lexeme, chunks)
        SELECT changed.language, word.lexeme, direction * count(*)
        FROM changed, unnest(tsvector_to_array(changed.search) || '{""}'::text[]) AS word (lexeme)
        GROUP BY changed.language, word.lexeme
        ON CONFLICT (language, lexeme) DO UPDATE SET chunks = known.chunks + excluded.chunks;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER count_added_lexemes AFTER INSERT ON chunks
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_lexemes()
    """,
    """
    CREATE TRIGGER count_removed_lexemes AFTER DELETE ON chunks
        REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_lexemes()
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
