"""Values that tests start from."""

import uuid
from typing import Any

from runtime.database import transaction
from tickets import lifecycle
from tickets.cases import build_case
from tickets.contracts import (
    Case,
    Channel,
    Decision,
    IncomingMessage,
    Judgement,
    MailHeaders,
    Priority,
    Reason,
)


def a_message(**changes: Any) -> IncomingMessage:
    """A message of Alice by REST; a mail gets headers of its own."""
    values: dict[str, Any] = {
        "channel": Channel.API,
        "external_id": uuid.uuid4().hex,
        "identity": "alice@example.com",
        "text": "How long does delivery take?",
        "name": "Alice",
    }
    values |= changes
    if values["channel"] is Channel.MAIL and "mail" not in values:
        values["mail"] = MailHeaders(message_id=f"{uuid.uuid4().hex}@customers.example.com")
    return IncomingMessage(**values)


def a_decision(*, reason: Reason | None = None, draft: str = "A draft.", **changes: Any) -> Decision:
    values: dict[str, Any] = {
        "judgement": Judgement("shipping", Priority.NORMAL, 0.0, "en", 0.9, "Asks about delivery."),
        "reason": reason,
        "draft": draft,
        "citations": (),
        "support": 1.0,
        "models": ("local:local",),
        "prompt_versions": ("abc",),
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_usd": 0.0,
        "processing_ms": 5,
    }
    return Decision(**(values | changes))


def claimed_case() -> Case:
    """Claim the most urgent pending ticket."""
    with transaction() as session:
        claimed = lifecycle.claim(session)
        assert claimed is not None
        return build_case(session, *claimed)
