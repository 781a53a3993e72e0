"""Help desks: which of their tickets are to be told a status."""

from alembic import op

revision = "0008"
down_revision: str | None = "0007"

_STATEMENTS: tuple[str, ...] = (
    "CREATE INDEX ix_tickets_help_desk ON tickets (updated_at) WHERE channel in ('zendesk', 'intercom')",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
