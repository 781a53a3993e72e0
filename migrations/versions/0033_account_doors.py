"""Links by which an account's owner chooses a new password."""

from alembic import op

revision = "0033"
down_revision: str | None = "0032"

_STATEMENTS = (
    """
    CREATE TABLE password_resets (
        secret_sha256 TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        made_by TEXT NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_password_resets PRIMARY KEY (secret_sha256),
        CONSTRAINT uq_password_resets_user_id UNIQUE (user_id),
        CONSTRAINT fk_password_resets_user_id FOREIGN KEY(user_id)
            REFERENCES users (id) ON DELETE CASCADE
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
