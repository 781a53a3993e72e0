"""Actions that wait for approval, and proofs of identity."""

from alembic import op

revision = "0017"
down_revision: str | None = "0016"

_STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
