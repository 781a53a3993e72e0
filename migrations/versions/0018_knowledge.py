"""Sources and versions of articles."""

from alembic import op

revision = "0018"
down_revision: str | None = "0017"

_STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
