"""The chained records of decisions, what the checked answers prove, the audit sample, and predictions."""

from alembic import op

revision = "0030"
down_revision: str | None = "0029"

_STATEMENTS: tuple[str, ...] = (
    "ALTER TABLE agent_decisions ADD COLUMN confidence DOUBLE PRECISION",
    """
    CREATE TABLE decision_records (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        decision_id BIGINT,
        body TEXT NOT NULL,
        position BIGINT,
        previous TEXT,
        hash TEXT,
        CONSTRAINT pk_decision_records PRIMARY KEY (id),
        CONSTRAINT uq_decision_records_decision_id UNIQUE (decision_id),
        CONSTRAINT uq_decision_records_position UNIQUE (position)
    )
    """,
    "CREATE INDEX ix_decision_records_unlinked ON decision_records (id) WHERE position is null",
    """
    CREATE TABLE decision_inputs (
        decision_id BIGINT NOT NULL,
        inputs TEXT NOT NULL,
        CONSTRAINT pk_decision_inputs PRIMARY KEY (decision_id),
        CONSTRAINT fk_decision_inputs_decision_id FOREIGN KEY(decision_id)
            REFERENCES agent_decisions (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE decision_contexts (
        hash TEXT NOT NULL,
        content TEXT NOT NULL,
        CONSTRAINT pk_decision_contexts PRIMARY KEY (hash)
    )
    """,
    """
    CREATE TABLE category_gates (
        category TEXT NOT NULL,
        threshold DOUBLE PRECISION,
        automation DOUBLE PRECISION NOT NULL,
        checked INTEGER NOT NULL,
        wrong INTEGER NOT NULL,
        bound DOUBLE PRECISION NOT NULL,
        more_needed INTEGER NOT NULL,
        labels INTEGER NOT NULL,
        contradictions INTEGER NOT NULL,
        drifted BOOLEAN NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_category_gates PRIMARY KEY (category)
    )
    """,
    """
    CREATE TABLE audit_samples (
        decision_id BIGINT NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_audit_samples PRIMARY KEY (decision_id),
        CONSTRAINT fk_audit_samples_decision_id FOREIGN KEY(decision_id)
            REFERENCES agent_decisions (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE prediction_models (
        target TEXT NOT NULL,
        model JSONB NOT NULL,
        figures JSONB NOT NULL,
        silent TEXT DEFAULT '' NOT NULL,
        fitted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_prediction_models PRIMARY KEY (target)
    )
    """,
    """
    CREATE TABLE decision_chain_head (
        id INTEGER DEFAULT 1 NOT NULL,
        begins_after BIGINT NOT NULL,
        position BIGINT NOT NULL,
        hash TEXT NOT NULL,
        CONSTRAINT pk_decision_chain_head PRIMARY KEY (id),
        CONSTRAINT ck_decision_chain_head_single CHECK (id = 1)
    )
    """,
    # Decisions from before have no record; the first record of the chain says after which one it begins.
    """
    INSERT INTO decision_chain_head (begins_after, position, hash)
    SELECT last.id, 0, encode(sha256(convert_to('decisions after ' || last.id, 'UTF8')), 'hex')
    FROM (SELECT coalesce(max(id), 0) AS id FROM agent_decisions) AS last
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
