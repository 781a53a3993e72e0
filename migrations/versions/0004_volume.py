"""Contact volume by hour."""

from alembic import op

revision = "0004"
down_revision: str | None = "0003"

_STATEMENTS = (
    """
    CREATE TABLE hourly_volume (
        hour TIMESTAMP WITH TIME ZONE NOT NULL,
        channel TEXT NOT NULL,
        category TEXT DEFAULT '' NOT NULL,
        messages INTEGER NOT NULL,
        CONSTRAINT pk_hourly_volume PRIMARY KEY (hour, channel, category)
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
