"""Attachments: the files of messages."""

from alembic import op

revision = "0006"
down_revision: str | None = "0005"

_STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE attachments (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        public_id TEXT NOT NULL,
        message_id BIGINT,
        uploaded_by TEXT DEFAULT '' NOT NULL,
        name TEXT NOT NULL,
        type TEXT NOT NULL,
        stated_type TEXT DEFAULT '' NOT NULL,
        size BIGINT NOT NULL,
        key TEXT DEFAULT '' NOT NULL,
        inline BOOLEAN DEFAULT false NOT NULL,
        refused TEXT DEFAULT '' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_attachments PRIMARY KEY (id),
        CONSTRAINT uq_attachments_public_id UNIQUE (public_id),
        CONSTRAINT fk_attachments_message_id FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_attachments_message_id ON attachments (message_id)",
    "CREATE INDEX ix_attachments_key ON attachments (key)",
    "CREATE INDEX ix_attachments_waiting ON attachments (created_at) WHERE message_id is null",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
