"""What the pages of staff keep."""

from alembic import op

revision = "0025"
down_revision: str | None = "0024"

_STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
