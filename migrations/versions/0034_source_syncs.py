"""What became of each time that a folder of articles was read."""

from alembic import op

revision = "0034"
down_revision: str | None = "0033"

_STATEMENTS = (
    """
    CREATE TABLE source_syncs (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        folder TEXT NOT NULL,
        asked_by TEXT NOT NULL,
        asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        touched_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        files INTEGER DEFAULT 0 NOT NULL,
        withdrawn INTEGER DEFAULT 0 NOT NULL,
        refused INTEGER DEFAULT 0 NOT NULL,
        error TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_source_syncs PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_source_syncs_folder ON source_syncs (folder, id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
