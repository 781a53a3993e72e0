"""Mailboxes: since when each is read, what was done with its mails, how it fares, and what became of parked mails."""

from alembic import op

revision = "0011"
down_revision: str | None = "0010"

_STATEMENTS: tuple[str, ...] = (
    """
    ALTER TABLE mailbox_cursors
        ADD COLUMN settled_uid BIGINT DEFAULT 0 NOT NULL,
        ADD COLUMN history_below BIGINT DEFAULT 0 NOT NULL,
        ADD COLUMN first_contact_at TIMESTAMP WITH TIME ZONE
    """,
    # What was handled before there was anything to do afterwards stays as it is.
    "UPDATE mailbox_cursors SET settled_uid = last_uid",
    """
    CREATE TABLE mailbox_states (
        mailbox TEXT NOT NULL,
        fetched_at TIMESTAMP WITH TIME ZONE,
        failures INTEGER DEFAULT 0 NOT NULL,
        failing_since TIMESTAMP WITH TIME ZONE,
        error TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_mailbox_states PRIMARY KEY (mailbox)
    )
    """,
    """
    ALTER TABLE parked_mails
        ADD COLUMN whole BOOLEAN DEFAULT true NOT NULL,
        ADD COLUMN digest TEXT DEFAULT '' NOT NULL,
        ADD COLUMN retried_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN ticket TEXT DEFAULT '' NOT NULL
    """,
    "UPDATE parked_mails SET digest = encode(sha256(raw), 'hex')",
    "CREATE INDEX ix_parked_mails_digest ON parked_mails (digest)",
    "CREATE INDEX ix_parked_mails_waiting ON parked_mails (mailbox, parked_at) WHERE retried_at IS NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
