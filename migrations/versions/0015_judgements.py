"""What staff corrected, and what a judgement holds."""

from alembic import op

revision = "0015"
down_revision: str | None = "0014"

_STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE judgement_corrections (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        ticket_id BIGINT NOT NULL,
        decision_id BIGINT,
        message_id BIGINT,
        field TEXT NOT NULL,
        from_value TEXT NOT NULL,
        to_value TEXT NOT NULL,
        staff TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_judgement_corrections PRIMARY KEY (id),
        CONSTRAINT ck_judgement_corrections_field CHECK (field in ('category', 'priority', 'mood')),
        CONSTRAINT fk_judgement_corrections_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE,
        CONSTRAINT fk_judgement_corrections_decision_id
            FOREIGN KEY(decision_id) REFERENCES agent_decisions (id) ON DELETE CASCADE,
        CONSTRAINT fk_judgement_corrections_message_id
            FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_judgement_corrections_ticket_id ON judgement_corrections (ticket_id)",
    "CREATE INDEX ix_judgement_corrections_decision_id ON judgement_corrections (decision_id)",
    "CREATE INDEX ix_judgement_corrections_message ON judgement_corrections (message_id, field, id)",
    """
    CREATE TABLE answer_verdicts (
        decision_id BIGINT NOT NULL,
        staff TEXT NOT NULL,
        verdict TEXT NOT NULL,
        why TEXT DEFAULT '' NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_answer_verdicts PRIMARY KEY (decision_id, staff),
        CONSTRAINT ck_answer_verdicts_verdict CHECK (verdict in ('right', 'wrong')),
        CONSTRAINT fk_answer_verdicts_decision_id
            FOREIGN KEY(decision_id) REFERENCES agent_decisions (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE triage_trainings (
        version BIGINT GENERATED ALWAYS AS IDENTITY,
        recipe TEXT NOT NULL,
        models JSONB DEFAULT '{}' NOT NULL,
        keys TEXT[] DEFAULT '{}' NOT NULL,
        taught INTEGER DEFAULT '0' NOT NULL,
        figures JSONB DEFAULT '{}' NOT NULL,
        curves JSONB DEFAULT '{}' NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_triage_trainings PRIMARY KEY (version)
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
