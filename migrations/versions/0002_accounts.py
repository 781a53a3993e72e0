"""Staff, their sessions, and API keys."""

from alembic import op

revision = "0002"
down_revision: str | None = "0001"

_STATEMENTS = (
    """
    CREATE TABLE api_keys (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        name TEXT NOT NULL,
        secret_sha256 TEXT NOT NULL,
        scopes TEXT[] NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE,
        revoked_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_api_keys PRIMARY KEY (id),
        CONSTRAINT uq_api_keys_secret_sha256 UNIQUE (secret_sha256)
    )
    """,
    """
    CREATE TABLE users (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        public_id TEXT NOT NULL,
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        disabled_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_users PRIMARY KEY (id),
        CONSTRAINT ck_users_role CHECK (role in ('admin', 'manager', 'agent', 'readonly')),
        CONSTRAINT uq_users_public_id UNIQUE (public_id),
        CONSTRAINT uq_users_email UNIQUE (email)
    )
    """,
    """
    CREATE TABLE sessions (
        secret_sha256 TEXT NOT NULL,
        user_id BIGINT NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_sessions PRIMARY KEY (secret_sha256),
        CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX ix_sessions_user_id ON sessions (user_id)
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
