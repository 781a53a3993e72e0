"""Imports of past tickets: how far each file was read, and which mails make up which ticket."""

from alembic import op

revision = "0010"
down_revision: str | None = "0009"

_STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE imports (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        file_name TEXT NOT NULL,
        file_digest TEXT NOT NULL,
        options_digest TEXT NOT NULL,
        format TEXT NOT NULL,
        source TEXT NOT NULL,
        position BIGINT DEFAULT '0' NOT NULL,
        line BIGINT DEFAULT '0' NOT NULL,
        stored BIGINT DEFAULT '0' NOT NULL,
        duplicates BIGINT DEFAULT '0' NOT NULL,
        skipped BIGINT DEFAULT '0' NOT NULL,
        rejected BIGINT DEFAULT '0' NOT NULL,
        rejects_bytes BIGINT DEFAULT '0' NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        finished_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_imports PRIMARY KEY (id),
        CONSTRAINT uq_imports_file_digest_options_digest UNIQUE (file_digest, options_digest)
    )
    """,
    """
    CREATE TABLE imported_mails (
        mail_id TEXT NOT NULL,
        ticket_id BIGINT NOT NULL,
        CONSTRAINT pk_imported_mails PRIMARY KEY (mail_id),
        CONSTRAINT fk_imported_mails_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX ix_imported_mails_ticket_id ON imported_mails (ticket_id)
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
