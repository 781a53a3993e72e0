"""Models: a row for each call, what each budget has spent, and what calls under way may cost at most."""

from alembic import op

revision = "0012"
down_revision: str | None = "0011"

_STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE llm_calls (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        purpose TEXT NOT NULL,
        prompt_version TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        cached_tokens INTEGER NOT NULL,
        cost_usd NUMERIC(14, 8) NOT NULL,
        ms INTEGER NOT NULL,
        first_token_ms INTEGER,
        outcome TEXT NOT NULL,
        ticket_id BIGINT,
        customer_id BIGINT,
        correlation_id TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_llm_calls PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_llm_calls_at ON llm_calls (at)",
    "CREATE INDEX ix_llm_calls_ticket_id ON llm_calls (ticket_id) WHERE ticket_id IS NOT NULL",
    # Half of a page stays free: the rows of the day and the month are written again with each call.
    """
    CREATE TABLE llm_budgets (
        name TEXT NOT NULL,
        limit_usd NUMERIC(14, 8) NOT NULL,
        spent_usd NUMERIC(14, 8) DEFAULT 0 NOT NULL,
        warned INTEGER DEFAULT 0 NOT NULL,
        CONSTRAINT pk_llm_budgets PRIMARY KEY (name)
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE llm_reservations (
        budget TEXT NOT NULL,
        call_id UUID NOT NULL,
        amount_usd NUMERIC(14, 8) NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_llm_reservations PRIMARY KEY (budget, call_id)
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
