"""Alerts: what staff must know of the desk itself, until it is over."""

from alembic import op

revision = "0019"
down_revision: str | None = "0018"

_STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE alerts (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        public_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        about TEXT NOT NULL,
        text TEXT NOT NULL,
        raised_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        acknowledged_at TIMESTAMP WITH TIME ZONE,
        acknowledged_by TEXT,
        cleared_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_alerts PRIMARY KEY (id),
        CONSTRAINT uq_alerts_public_id UNIQUE (public_id)
    )
    """,
    # At most one that is not over, of one kind about one thing: whoever raises it again changes its words.
    "CREATE UNIQUE INDEX ix_alerts_open ON alerts (kind, about) WHERE cleared_at IS NULL",
    "CREATE INDEX ix_alerts_raised_at ON alerts (raised_at DESC)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
