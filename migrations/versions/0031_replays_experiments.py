"""Replays of past tickets, roll-ups of figures, experiments, and events that change the volume."""

from alembic import op

revision = "0031"
down_revision: str | None = "0030"

_STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE replays (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        public_id TEXT NOT NULL,
        name TEXT NOT NULL,
        candidate JSONB NOT NULL,
        since TIMESTAMP WITH TIME ZONE NOT NULL,
        until TIMESTAMP WITH TIME ZONE NOT NULL,
        is_live BOOLEAN NOT NULL,
        cases INTEGER DEFAULT 0 NOT NULL,
        requested_by TEXT DEFAULT '' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_replays PRIMARY KEY (id),
        CONSTRAINT uq_replays_public_id UNIQUE (public_id)
    )
    """,
    """
    CREATE TABLE replay_cases (
        replay_id BIGINT NOT NULL,
        ticket_id BIGINT NOT NULL,
        up_to_seq INTEGER NOT NULL,
        decision_id BIGINT,
        state TEXT DEFAULT 'waiting' NOT NULL,
        claim_token TEXT,
        claimed_until TIMESTAMP WITH TIME ZONE,
        present JSONB DEFAULT '{}' NOT NULL,
        candidate JSONB DEFAULT '{}' NOT NULL,
        difference DOUBLE PRECISION,
        why TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_replay_cases PRIMARY KEY (replay_id, ticket_id),
        CONSTRAINT ck_replay_cases_state CHECK (state in ('waiting', 'done', 'not_reproducible', 'failed')),
        CONSTRAINT fk_replay_cases_replay_id FOREIGN KEY(replay_id) REFERENCES replays (id) ON DELETE CASCADE,
        CONSTRAINT fk_replay_cases_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_replay_cases_ticket_id ON replay_cases (ticket_id)",
    "CREATE INDEX ix_replay_cases_waiting ON replay_cases (replay_id, ticket_id) WHERE state = 'waiting'",
    """
    CREATE TABLE rolled_stories (
        ticket_id BIGINT NOT NULL,
        began TIMESTAMP WITH TIME ZONE NOT NULL,
        channel TEXT NOT NULL,
        category TEXT NOT NULL,
        state TEXT NOT NULL,
        story JSONB NOT NULL,
        CONSTRAINT pk_rolled_stories PRIMARY KEY (ticket_id),
        CONSTRAINT fk_rolled_stories_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_rolled_stories_began ON rolled_stories (began, ticket_id)",
    """
    CREATE TABLE rollup_marks (
        id INTEGER DEFAULT 1 NOT NULL,
        marks JSONB DEFAULT '[]' NOT NULL,
        CONSTRAINT pk_rollup_marks PRIMARY KEY (id),
        CONSTRAINT ck_rollup_marks_single CHECK (id = 1)
    )
    """,
    """
    CREATE TABLE experiments (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        public_id TEXT NOT NULL,
        name TEXT NOT NULL,
        candidate JSONB NOT NULL,
        share DOUBLE PRECISION NOT NULL,
        baseline DOUBLE PRECISION NOT NULL,
        effect DOUBLE PRECISION NOT NULL,
        needed INTEGER NOT NULL,
        most_wrong DOUBLE PRECISION NOT NULL,
        state TEXT DEFAULT 'running' NOT NULL,
        started_by TEXT DEFAULT '' NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        changed_by TEXT DEFAULT '' NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE,
        why TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_experiments PRIMARY KEY (id),
        CONSTRAINT uq_experiments_public_id UNIQUE (public_id),
        CONSTRAINT ck_experiments_state CHECK (state in ('running', 'stopped', 'promoted', 'rolled_back'))
    )
    """,
    "CREATE UNIQUE INDEX ix_experiments_in_use ON experiments (state) WHERE state in ('running', 'promoted')",
    """
    CREATE TABLE volume_events (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        name TEXT NOT NULL,
        since DATE NOT NULL,
        until DATE NOT NULL,
        factor DOUBLE PRECISION NOT NULL,
        entered_by TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_volume_events PRIMARY KEY (id),
        CONSTRAINT ck_volume_events_days CHECK (since <= until),
        CONSTRAINT ck_volume_events_factor CHECK (factor > 0)
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
