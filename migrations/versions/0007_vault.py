"""The vault of redacted originals, and the append-only audit log."""

from alembic import op

revision = "0007"
down_revision: str | None = "0006"

_STATEMENTS = (
    """
    CREATE TABLE vault_entries (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        message_id BIGINT NOT NULL,
        placeholder TEXT NOT NULL,
        kind TEXT NOT NULL,
        sealed BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_vault_entries PRIMARY KEY (id),
        CONSTRAINT uq_vault_entries_message_id_placeholder UNIQUE (message_id, placeholder),
        CONSTRAINT fk_vault_entries_message_id FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE audit_entries (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        target TEXT DEFAULT '' NOT NULL,
        data JSONB DEFAULT '{}' NOT NULL,
        correlation_id TEXT DEFAULT '' NOT NULL,
        address TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_audit_entries PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_audit_entries_at ON audit_entries (at)",
    "CREATE INDEX ix_audit_entries_actor ON audit_entries (actor, at)",
    "CREATE INDEX ix_audit_entries_target ON audit_entries (target, at)",
    """
    CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'The audit log is append-only.' USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    """
    CREATE TRIGGER audit_entries_are_kept BEFORE UPDATE OR DELETE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit()
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
