"""What forecasts and figures keep."""

from alembic import op

revision = "0026"
down_revision: str | None = "0025"

_STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE forecasts (
        kind TEXT NOT NULL,
        channel TEXT DEFAULT '' NOT NULL,
        category TEXT DEFAULT '' NOT NULL,
        made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        model JSONB NOT NULL,
        bins JSONB NOT NULL,
        CONSTRAINT pk_forecasts PRIMARY KEY (kind, channel, category)
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
