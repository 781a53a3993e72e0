"""Actions that wait for approval, and proofs of identity."""

from alembic import op

revision = "0017"
down_revision: str | None = "0016"

_STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE actions (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        public_id TEXT NOT NULL,
        ticket_id BIGINT NOT NULL,
        customer_id BIGINT NOT NULL,
        customer_mail TEXT NOT NULL,
        kind TEXT NOT NULL,
        arguments JSONB NOT NULL,
        checks TEXT[] DEFAULT '{}' NOT NULL,
        language TEXT DEFAULT 'en' NOT NULL,
        state TEXT NOT NULL,
        proposed_by TEXT NOT NULL,
        approved_by TEXT[] DEFAULT '{}' NOT NULL,
        approver_name TEXT DEFAULT '' NOT NULL,
        seen_seq INTEGER DEFAULT 0 NOT NULL,
        answer TEXT DEFAULT '' NOT NULL,
        outcome TEXT DEFAULT '' NOT NULL,
        reference TEXT DEFAULT '' NOT NULL,
        attempts INTEGER DEFAULT 0 NOT NULL,
        claim_token TEXT,
        due_at TIMESTAMP WITH TIME ZONE,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        verified_at TIMESTAMP WITH TIME ZONE,
        proposed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        approved_at TIMESTAMP WITH TIME ZONE,
        ended_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_actions PRIMARY KEY (id),
        CONSTRAINT uq_actions_public_id UNIQUE (public_id),
        CONSTRAINT ck_actions_state CHECK (state IN ('proposed', 'awaiting_verification', 'awaiting_approval',
            'approved', 'executing', 'done', 'failed', 'unknown', 'declined', 'expired')),
        CONSTRAINT fk_actions_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE,
        CONSTRAINT fk_actions_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_actions_ticket_id ON actions (ticket_id)",
    "CREATE INDEX ix_actions_customer_id_proposed_at ON actions (customer_id, proposed_at)",
    """
    CREATE INDEX ix_actions_under_way ON actions (due_at)
        WHERE state IN ('proposed', 'awaiting_verification', 'awaiting_approval', 'approved', 'executing')
    """,
    """
    CREATE TABLE action_proofs (
        action_id BIGINT NOT NULL,
        code_hash BYTEA,
        link_hash BYTEA,
        tries INTEGER DEFAULT 0 NOT NULL,
        codes_sent INTEGER DEFAULT 0 NOT NULL,
        attempts INTEGER DEFAULT 0 NOT NULL,
        claim_token TEXT,
        send_at TIMESTAMP WITH TIME ZONE,
        valid_until TIMESTAMP WITH TIME ZONE,
        mail_id TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_action_proofs PRIMARY KEY (action_id),
        CONSTRAINT fk_action_proofs_action_id FOREIGN KEY(action_id) REFERENCES actions (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_action_proofs_send_at ON action_proofs (send_at) WHERE send_at IS NOT NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
