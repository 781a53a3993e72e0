"""What staff corrected, and what a judgement holds."""

from alembic import op

revision = "0015"
down_revision: str | None = "0014"

_STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
