"""Accounts, audit and privacy."""

from alembic import op

revision = "0024"
down_revision: str | None = "0023"

_SESSION_ID = "'SES-' || upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 16))"

_STATEMENTS: tuple[str, ...] = (
    """
    ALTER TABLE users
        ADD COLUMN failed_logins INTEGER DEFAULT 0 NOT NULL,
        ADD COLUMN locked_until TIMESTAMP WITH TIME ZONE,
        ADD COLUMN last_login_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN oidc_subject TEXT,
        ADD CONSTRAINT uq_users_oidc_subject UNIQUE (oidc_subject)
    """,
    f"""
    ALTER TABLE sessions
        ADD COLUMN public_id TEXT DEFAULT {_SESSION_ID} NOT NULL,
        ADD COLUMN kind TEXT DEFAULT 'browser' NOT NULL,
        ADD COLUMN address TEXT DEFAULT '' NOT NULL,
        ADD COLUMN client TEXT DEFAULT '' NOT NULL,
        ADD COLUMN last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        ADD CONSTRAINT ck_sessions_kind CHECK (kind in ('browser', 'token')),
        ADD CONSTRAINT uq_sessions_public_id UNIQUE (public_id)
    """,
    """
    CREATE TABLE spent_refresh_tokens (
        secret_sha256 TEXT NOT NULL,
        session_id TEXT NOT NULL,
        spent_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_spent_refresh_tokens PRIMARY KEY (secret_sha256),
        CONSTRAINT fk_spent_refresh_tokens_session_id FOREIGN KEY(session_id)
            REFERENCES sessions (public_id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_spent_refresh_tokens_session_id ON spent_refresh_tokens (session_id)",
    """
    CREATE TABLE invitations (
        secret_sha256 TEXT NOT NULL,
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        invited_by TEXT NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_invitations PRIMARY KEY (secret_sha256),
        CONSTRAINT uq_invitations_email UNIQUE (email),
        CONSTRAINT ck_invitations_role CHECK (role in ('admin', 'manager', 'agent', 'readonly'))
    )
    """,
    """
    ALTER TABLE api_keys
        ADD COLUMN created_by TEXT DEFAULT '' NOT NULL,
        ADD COLUMN last_used_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN alert_per_hour INTEGER,
        ADD COLUMN replaced_by BIGINT,
        ADD CONSTRAINT fk_api_keys_replaced_by FOREIGN KEY(replaced_by) REFERENCES api_keys (id) ON DELETE SET NULL
    """,
    """
    CREATE TABLE api_key_uses (
        key_id BIGINT NOT NULL,
        hour TIMESTAMP WITH TIME ZONE NOT NULL,
        used INTEGER DEFAULT 0 NOT NULL,
        CONSTRAINT pk_api_key_uses PRIMARY KEY (key_id, hour),
        CONSTRAINT fk_api_key_uses_key_id FOREIGN KEY(key_id) REFERENCES api_keys (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE audit_scores (
        actor TEXT NOT NULL,
        hour TIMESTAMP WITH TIME ZONE NOT NULL,
        score DOUBLE PRECISION NOT NULL,
        signs JSONB DEFAULT '{}' NOT NULL,
        CONSTRAINT pk_audit_scores PRIMARY KEY (actor, hour)
    )
    """,
    """
    CREATE TRIGGER audit_entries_are_not_emptied BEFORE TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()
    """,
    """
    CREATE TABLE erasures (
        public_id TEXT NOT NULL,
        customer_id TEXT NOT NULL,
        requested_by TEXT NOT NULL,
        receipt JSONB NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_erasures PRIMARY KEY (public_id),
        CONSTRAINT uq_erasures_customer_id UNIQUE (customer_id)
    )
    """,
    """
    CREATE TABLE tombstones (
        digest TEXT NOT NULL,
        erased_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_tombstones PRIMARY KEY (digest)
    )
    """,
    """
    CREATE TABLE idempotent_answers (
        caller TEXT NOT NULL,
        key TEXT NOT NULL,
        request_sha256 TEXT NOT NULL,
        status INTEGER,
        content BYTEA,
        headers JSONB DEFAULT '{}' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_idempotent_answers PRIMARY KEY (caller, key)
    )
    """,
    "CREATE INDEX ix_idempotent_answers_created_at ON idempotent_answers (created_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
