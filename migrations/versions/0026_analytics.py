"""What forecasts and figures keep."""

from alembic import op

revision = "0026"
down_revision: str | None = "0025"

_STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
