"""Mailboxes: how far each was read, and what was parked."""

from alembic import op

revision = "0003"
down_revision: str | None = "0002"

_STATEMENTS = (
    """
    CREATE TABLE mailbox_cursors (
        mailbox TEXT NOT NULL,
        uid_validity BIGINT NOT NULL,
        last_uid BIGINT NOT NULL,
        read_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_mailbox_cursors PRIMARY KEY (mailbox)
    )
    """,
    """
    CREATE TABLE parked_mails (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        mailbox TEXT NOT NULL,
        uid_validity BIGINT NOT NULL,
        uid BIGINT NOT NULL,
        reason TEXT NOT NULL,
        raw BYTEA NOT NULL,
        parked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_parked_mails PRIMARY KEY (id),
        CONSTRAINT uq_parked_mails_mailbox_uid_validity_uid UNIQUE (mailbox, uid_validity, uid)
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
