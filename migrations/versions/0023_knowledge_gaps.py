"""Knowledge gaps and the questions they are made of; which messages cite an article."""

from alembic import op

revision = "0023"
down_revision: str | None = "0022"

_STATEMENTS = (
    """
    CREATE TABLE knowledge_gaps (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        public_id TEXT NOT NULL,
        language TEXT NOT NULL,
        category TEXT DEFAULT '' NOT NULL,
        label TEXT DEFAULT '' NOT NULL,
        title TEXT DEFAULT '' NOT NULL,
        body TEXT DEFAULT '' NOT NULL,
        draft_origin TEXT DEFAULT 'outline' NOT NULL,
        draft_sources TEXT[] DEFAULT '{}' NOT NULL,
        disagreements TEXT[] DEFAULT '{}' NOT NULL,
        revision INTEGER DEFAULT '1' NOT NULL,
        edited_at TIMESTAMP WITH TIME ZONE,
        edited_by TEXT DEFAULT '' NOT NULL,
        article_id BIGINT,
        published_at TIMESTAMP WITH TIME ZONE,
        published_by TEXT DEFAULT '' NOT NULL,
        dismissed_at TIMESTAMP WITH TIME ZONE,
        dismissed_by TEXT DEFAULT '' NOT NULL,
        dismissed_size INTEGER DEFAULT '0' NOT NULL,
        reopened_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_knowledge_gaps PRIMARY KEY (id),
        CONSTRAINT ck_knowledge_gaps_draft_origin CHECK (draft_origin in ('answers', 'outline')),
        CONSTRAINT uq_knowledge_gaps_public_id UNIQUE (public_id),
        CONSTRAINT fk_knowledge_gaps_article_id FOREIGN KEY(article_id)
            REFERENCES articles (id) ON DELETE SET NULL
    )
    """,
    "CREATE INDEX ix_knowledge_gaps_article ON knowledge_gaps (article_id)",
    """
    CREATE TABLE gap_questions (
        ticket_id BIGINT NOT NULL,
        gap_id BIGINT,
        question TEXT NOT NULL,
        language TEXT NOT NULL,
        category TEXT DEFAULT '' NOT NULL,
        lexemes TEXT[] DEFAULT '{}' NOT NULL,
        model_id TEXT NOT NULL,
        embedding HALFVEC(384) NOT NULL,
        closeness REAL DEFAULT '0' NOT NULL,
        asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_gap_questions PRIMARY KEY (ticket_id),
        CONSTRAINT fk_gap_questions_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE,
        CONSTRAINT fk_gap_questions_gap_id FOREIGN KEY(gap_id) REFERENCES knowledge_gaps (id) ON DELETE SET NULL
    )
    """,
    "CREATE INDEX ix_gap_questions_gap ON gap_questions (gap_id, asked_at)",
    # Which answers used an article. Messages of customers cite nothing, so receiving them costs nothing more.
    """
    CREATE INDEX ix_messages_citations ON messages USING gin (citations jsonb_path_ops)
        WHERE citations <> '[]'::jsonb
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
