"""Staff queues, who works them, and flags."""

from alembic import op

revision = "0016"
down_revision: str | None = "0015"

_STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
