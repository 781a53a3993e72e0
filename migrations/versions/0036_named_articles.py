"""Whether other articles name an article: such are what staff send people to."""

from alembic import op

revision = "0036"
down_revision: str | None = "0035"


def upgrade() -> None:
    op.execute("ALTER TABLE articles ADD COLUMN named BOOLEAN DEFAULT 'false' NOT NULL")
