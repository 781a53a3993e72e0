"""A reply that can still be taken back is told to nobody: what its event queues is due when the moment is over."""

from alembic import op

revision = "0035"
down_revision: str | None = "0034"

_FUNCTION = """
CREATE OR REPLACE FUNCTION queue_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_deliveries (webhook_id, topic, payload, due_at)
    SELECT hook.id, 'ticket.' || step.kind, jsonb_build_object(
        'event_id', step.id, 'event', 'ticket.' || step.kind, 'at', step.at, 'ticket_id', tickets.public_id,
        'priority', tickets.priority, 'status', tickets.status,
        'actor', step.actor, 'data', step.data - 'before' - 'comment'),
        now() + make_interval(secs => coalesce((step.data ->> 'held_s')::double precision, 0))
    FROM steps step
    JOIN outgoing_webhooks hook ON step.kind = ANY (hook.topics)
    JOIN tickets ON tickets.id = step.ticket_id;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(_FUNCTION)
