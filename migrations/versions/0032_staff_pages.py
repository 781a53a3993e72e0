"""What solved a ticket, as staff put it; and what admins change while the product runs, version by version."""

from alembic import op

revision = "0032"
down_revision: str | None = "0031"

_STATEMENTS = (
    """
    CREATE TABLE resolution_notes (
        ticket_id BIGINT NOT NULL,
        text TEXT NOT NULL,
        staff TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_resolution_notes PRIMARY KEY (ticket_id),
        CONSTRAINT fk_resolution_notes_ticket_id FOREIGN KEY(ticket_id)
            REFERENCES tickets (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE desk_settings (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        name TEXT NOT NULL,
        value JSONB,
        changed_by TEXT NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_desk_settings PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_desk_settings_newest ON desk_settings (name, id desc)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
