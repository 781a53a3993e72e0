"""What the pages of staff keep: pauses, merges, drafts, saved views, templates, summaries, notifications; words to search."""

from alembic import op

revision = "0025"
down_revision: str | None = "0024"

_STATEMENTS: tuple[str, ...] = (
    # A ticket that rests until a moment, and one whose conversation goes on in another.
    "ALTER TABLE tickets ADD COLUMN snoozed_until TIMESTAMP WITH TIME ZONE",
    "ALTER TABLE tickets ADD COLUMN merged_into BIGINT",
    "ALTER TABLE tickets ADD CONSTRAINT fk_tickets_merged_into FOREIGN KEY(merged_into) REFERENCES tickets (id)",
    "ALTER TABLE tickets DROP CONSTRAINT ck_tickets_status",
    """
    ALTER TABLE tickets ADD CONSTRAINT ck_tickets_status CHECK (status in (
        'new', 'open', 'in_progress', 'waiting_customer', 'escalated', 'resolved', 'closed', 'snoozed', 'merged'))
    """,
    "ALTER TABLE tickets ADD CONSTRAINT ck_tickets_snoozed CHECK (status <> 'snoozed' or snoozed_until is not null)",
    "ALTER TABLE tickets ADD CONSTRAINT ck_tickets_merged CHECK (status <> 'merged' or merged_into is not null)",
    "CREATE INDEX ix_tickets_snoozed ON tickets (snoozed_until) WHERE status = 'snoozed'",
    "CREATE INDEX ix_tickets_resolved ON tickets (resolved_at) WHERE status in ('resolved', 'closed')",
    "CREATE INDEX ix_tickets_merged_into ON tickets (merged_into) WHERE merged_into is not null",
    # The staff queue in its order: a page of it reads as many rows as it shows.
    """
    CREATE INDEX ix_tickets_waiting ON tickets (coalesce(staff_due_at, answer_due_at), id)
        WHERE (owner = 'staff' and status in ('new', 'open', 'in_progress', 'escalated'))
            or (owner = 'agent' and last_inbound_seq > handled_seq)
            or (status = 'snoozed')
    """,
    "CREATE INDEX ix_messages_words ON messages USING gin (to_tsvector('simple', text))",
    "CREATE INDEX ix_tickets_words ON tickets USING gin (to_tsvector('simple', (subject || ' ') || summary))",
    "CREATE INDEX ix_customers_words ON customers USING gin (to_tsvector('simple', name))",
    """
    CREATE TABLE saved_views (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        staff TEXT NOT NULL,
        name TEXT NOT NULL,
        query TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_saved_views PRIMARY KEY (id),
        CONSTRAINT uq_saved_views_staff_name UNIQUE (staff, name)
    )
    """,
    """
    CREATE TABLE reply_drafts (
        ticket_id BIGINT NOT NULL,
        staff TEXT NOT NULL,
        text TEXT NOT NULL,
        seen_seq INTEGER NOT NULL,
        saved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_reply_drafts PRIMARY KEY (ticket_id, staff),
        CONSTRAINT fk_reply_drafts_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
    )
    """,
    # Who has a ticket open. Nothing of it matters after a crash.
    """
    CREATE UNLOGGED TABLE ticket_viewers (
        ticket_id BIGINT NOT NULL,
        staff TEXT NOT NULL,
        seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_ticket_viewers PRIMARY KEY (ticket_id, staff),
        CONSTRAINT fk_ticket_viewers_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE templates (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        public_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        language TEXT DEFAULT '' NOT NULL,
        categories TEXT[] DEFAULT '{}' NOT NULL,
        severities TEXT[] DEFAULT '{}' NOT NULL,
        steps JSONB DEFAULT '{}' NOT NULL,
        changed_by TEXT NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_templates PRIMARY KEY (id),
        CONSTRAINT uq_templates_public_id UNIQUE (public_id),
        CONSTRAINT ck_templates_kind CHECK (
            kind in ('first_response', 'status_update', 'escalation', 'resolution', 'clarification'))
    )
    """,
    "CREATE UNIQUE INDEX ix_templates_name ON templates (name) WHERE withdrawn_at is null",
    """
    CREATE TABLE template_uses (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        template_id BIGINT NOT NULL,
        ticket_id BIGINT NOT NULL,
        message_id BIGINT,
        staff TEXT NOT NULL,
        kept DOUBLE PRECISION,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_template_uses PRIMARY KEY (id),
        CONSTRAINT fk_template_uses_template_id FOREIGN KEY(template_id) REFERENCES templates (id) ON DELETE CASCADE,
        CONSTRAINT fk_template_uses_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE,
        CONSTRAINT fk_template_uses_message_id FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_template_uses_template_id ON template_uses (template_id)",
    "CREATE INDEX ix_template_uses_ticket_id ON template_uses (ticket_id)",
    "CREATE INDEX ix_template_uses_message_id ON template_uses (message_id)",
    """
    CREATE TABLE ticket_summaries (
        ticket_id BIGINT NOT NULL,
        up_to_seq INTEGER NOT NULL,
        summary TEXT DEFAULT '' NOT NULL,
        action_items TEXT[] DEFAULT '{}' NOT NULL,
        resolution_note TEXT DEFAULT '' NOT NULL,
        model TEXT DEFAULT '' NOT NULL,
        failure TEXT DEFAULT '' NOT NULL,
        claim_token TEXT,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_ticket_summaries PRIMARY KEY (ticket_id),
        CONSTRAINT fk_ticket_summaries_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE notifications (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        staff TEXT NOT NULL,
        kind TEXT NOT NULL,
        ticket_id BIGINT,
        text TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        seen_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_notifications PRIMARY KEY (id),
        CONSTRAINT fk_notifications_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_notifications_staff ON notifications (staff, id)",
    "CREATE INDEX ix_notifications_unseen ON notifications (staff) WHERE seen_at is null",
    "CREATE INDEX ix_notifications_ticket_id ON notifications (ticket_id)",
    """
    CREATE TABLE outgoing_webhooks (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        public_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        url TEXT NOT NULL,
        secret BYTEA,
        topics TEXT[] DEFAULT '{}' NOT NULL,
        created_by TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_outgoing_webhooks PRIMARY KEY (id),
        CONSTRAINT uq_outgoing_webhooks_public_id UNIQUE (public_id),
        CONSTRAINT ck_outgoing_webhooks_kind CHECK (kind in ('signed', 'slack', 'mail'))
    )
    """,
    # A few rows that are read by every step of every ticket: the trigger below looks for one that listens.
    """
    CREATE TABLE webhook_deliveries (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        webhook_id BIGINT NOT NULL,
        topic TEXT NOT NULL,
        payload JSONB NOT NULL,
        attempts INTEGER DEFAULT '0' NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        sent_at TIMESTAMP WITH TIME ZONE,
        failed_at TIMESTAMP WITH TIME ZONE,
        error TEXT DEFAULT '' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id),
        CONSTRAINT fk_webhook_deliveries_webhook_id FOREIGN KEY(webhook_id) REFERENCES outgoing_webhooks (id)
            ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_webhook_deliveries_webhook_id ON webhook_deliveries (webhook_id)",
    """
    CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (due_at)
        WHERE sent_at is null and failed_at is null
    """,
    # Whatever writes a step of a ticket, also one statement of the intake, queues it in the same transaction for
    # those who listen. No text of a message is in it: `before` and a customer's comment stay here.
    """
    CREATE FUNCTION queue_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO webhook_deliveries (webhook_id, topic, payload)
        SELECT hook.id, 'ticket.' || step.kind, jsonb_build_object(
            'event_id', step.id, 'event', 'ticket.' || step.kind, 'at', step.at, 'ticket_id', tickets.public_id,
            'priority', tickets.priority, 'status', tickets.status,
            'actor', step.actor, 'data', step.data - 'before' - 'comment')
        FROM steps step
        JOIN outgoing_webhooks hook ON step.kind = ANY (hook.topics)
        JOIN tickets ON tickets.id = step.ticket_id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER queue_webhooks AFTER INSERT ON ticket_events
        REFERENCING NEW TABLE AS steps FOR EACH STATEMENT EXECUTE FUNCTION queue_webhooks()
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
