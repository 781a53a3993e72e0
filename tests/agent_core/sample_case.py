"""A case that tests start from."""

from datetime import UTC, datetime
from typing import Any

from tickets.contracts import Case, Channel


def a_case(**changes: Any) -> Case:
    """Alice asks by mail, and nothing was said before."""
    values: dict[str, Any] = {
        "ticket_id": 1, "public_id": "TKT-1", "channel": Channel.MAIL, "subject": "", "question": "Where is it?",
        "earlier": (), "earlier_questions": (), "customer_turns": 1, "customer_id": 1, "customer_name": "Alice",
        "customer_mail": "alice@example.com", "customer_tier": "standard", "language": "en", "stated_priority": None,
        "attempt": 1, "claim_token": "", "up_to_seq": 1, "received_at": datetime(2026, 1, 1, tzinfo=UTC),
        "correlation_id": "",
    }  # fmt: skip
    return Case(**(values | changes))
