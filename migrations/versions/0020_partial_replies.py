"""What a customer in a chat may read of a reply that is still being written."""

from alembic import op

revision = "0020"
down_revision: str | None = "0019"

_STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE partial_replies (
        ticket_id BIGINT NOT NULL,
        claim_token TEXT NOT NULL,
        up_to_seq INTEGER NOT NULL,
        text TEXT NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_partial_replies PRIMARY KEY (ticket_id),
        CONSTRAINT fk_partial_replies_ticket_id FOREIGN KEY (ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
