"""Files of platforms that a message came with and that are not fetched yet."""

from alembic import op

revision = "0014"
down_revision: str | None = "0013"

_STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE awaited_files (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        message_id BIGINT NOT NULL,
        mark TEXT NOT NULL,
        sealed BYTEA NOT NULL,
        name TEXT DEFAULT '' NOT NULL,
        type TEXT DEFAULT '' NOT NULL,
        attempts INTEGER DEFAULT '0' NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_awaited_files PRIMARY KEY (id),
        CONSTRAINT uq_awaited_files_message_id_mark UNIQUE (message_id, mark),
        CONSTRAINT fk_awaited_files_message_id FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_awaited_files_due_at ON awaited_files (due_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
