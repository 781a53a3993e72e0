"""Chat."""

from alembic import op

revision = "0009"
down_revision: str | None = "0008"

_STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
