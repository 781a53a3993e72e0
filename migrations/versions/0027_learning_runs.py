"""What each round of learning did, and when."""

from alembic import op

revision = "0027"
down_revision: str | None = "0026"

_STATEMENTS = (
    """
    CREATE TABLE learning_runs (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        started_by TEXT NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        touched_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        outcome TEXT DEFAULT 'running' NOT NULL,
        seen INTEGER DEFAULT '0' NOT NULL,
        learned INTEGER DEFAULT '0' NOT NULL,
        duplicates INTEGER DEFAULT '0' NOT NULL,
        skipped INTEGER DEFAULT '0' NOT NULL,
        withdrawn INTEGER DEFAULT '0' NOT NULL,
        CONSTRAINT pk_learning_runs PRIMARY KEY (id),
        CONSTRAINT ck_learning_runs_outcome CHECK (outcome in ('running', 'done', 'failed', 'stopped'))
    )
    """,
    "CREATE INDEX ix_learning_runs_open ON learning_runs (touched_at) WHERE outcome = 'running'",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
