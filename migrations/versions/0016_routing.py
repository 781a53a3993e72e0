"""Staff queues, who works them, and who is present."""

from alembic import op

revision = "0016"
down_revision: str | None = "0015"

_STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE staff_queues (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        name TEXT NOT NULL,
        categories TEXT[] DEFAULT '{}' NOT NULL,
        languages TEXT[] DEFAULT '{}' NOT NULL,
        tiers TEXT[] DEFAULT '{}' NOT NULL,
        priorities TEXT[] DEFAULT '{}' NOT NULL,
        capacity INTEGER NOT NULL,
        is_automatic BOOLEAN NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_staff_queues PRIMARY KEY (id),
        CONSTRAINT uq_staff_queues_name UNIQUE (name),
        CONSTRAINT ck_staff_queues_capacity CHECK (capacity > 0)
    )
    """,
    """
    CREATE TABLE queue_members (
        queue_id BIGINT NOT NULL,
        staff TEXT NOT NULL,
        capacity INTEGER,
        CONSTRAINT pk_queue_members PRIMARY KEY (queue_id, staff),
        CONSTRAINT ck_queue_members_capacity CHECK (capacity > 0),
        CONSTRAINT fk_queue_members_queue_id FOREIGN KEY(queue_id) REFERENCES staff_queues (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_queue_members_staff ON queue_members (staff)",
    """
    CREATE TABLE staff_presences (
        staff TEXT NOT NULL,
        is_present BOOLEAN NOT NULL,
        last_given_at TIMESTAMP WITH TIME ZONE,
        given_in BIGINT,
        CONSTRAINT pk_staff_presences PRIMARY KEY (staff)
    )
    """,
    "ALTER TABLE tickets ADD COLUMN queue_id BIGINT",
    """
    ALTER TABLE tickets ADD CONSTRAINT fk_tickets_queue_id
        FOREIGN KEY(queue_id) REFERENCES staff_queues (id) ON DELETE SET NULL
    """,
    "CREATE INDEX ix_tickets_queue_id ON tickets (queue_id) WHERE queue_id is not null",
    """
    CREATE INDEX ix_tickets_load ON tickets (assignee)
        WHERE owner = 'staff' and status in ('new', 'open', 'in_progress', 'escalated')
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
