"""Accounts, audit and privacy."""

from alembic import op

revision = "0024"
down_revision: str | None = "0023"

_STATEMENTS: tuple[str, ...] = ()


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
