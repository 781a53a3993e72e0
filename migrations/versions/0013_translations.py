"""Messages in the language of the staff who read them."""

from alembic import op

revision = "0013"
down_revision: str | None = "0012"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE translations (
            message_id BIGINT NOT NULL,
            language TEXT NOT NULL,
            text TEXT,
            is_whole BOOLEAN DEFAULT true NOT NULL,
            model TEXT DEFAULT '' NOT NULL,
            failure TEXT DEFAULT '' NOT NULL,
            claim_token TEXT,
            due_at TIMESTAMP WITH TIME ZONE NOT NULL,
            at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_translations PRIMARY KEY (message_id, language),
            CONSTRAINT fk_translations_message_id FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
        )
        """
    )
