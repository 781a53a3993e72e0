"""The canonical form of a decision's record, and its hashes. Pure; docs/decision-records.md tells a third party."""

import hashlib
import json
from datetime import UTC
from typing import Any

from tickets.models import AgentDecision

FORMAT = 1
# What may hold words of a person: its hashes are salted, and an erasure empties it.
PRIVATE = ("draft", "citations", "judgement", "notes")


def canonical(value: object) -> str:
    """JSON with sorted keys, without spaces, no escapes but JSON's own."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def salted(salt: str, value: object) -> str:
    """Of a short text everybody could find the hash by trying; with the salt, which an erasure deletes, nobody."""
    return sha256(f"{salt}\n{canonical(value)}")


def first_hash(begins_after: int) -> str:
    """What the first record of a chain follows."""
    return sha256(f"decisions after {begins_after}")


def link_hash(record_id: int, position: int, decision_id: int | None, previous: str, body: str) -> str:
    """Of five lines; the body is the last and is one line."""
    return sha256(f"{record_id}\n{position}\n{decision_id or ''}\n{previous}\n{body}")


def open_part(row: AgentDecision) -> dict[str, Any]:
    """The columns of a decision that say nothing of anybody: they stand in the record as they are."""
    return {
        "id": row.id,
        "ticket_id": row.ticket_id,
        "answers_seq": row.answers_seq,
        "outcome": row.outcome,
        "reason": row.reason,
        "support": row.support,
        "confidence": row.confidence,
        "models": row.models,
        "prompt_versions": row.prompt_versions,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "cost_usd": f"{row.cost_usd:.6f}",
        "processing_ms": row.processing_ms,
        "answered_s": row.answered_s,
        "at": row.at.astimezone(UTC).isoformat(),
    }


def private_part(row: AgentDecision) -> dict[str, Any]:
    return {name: getattr(row, name) for name in PRIVATE}


def private_hashes(row: AgentDecision, salt: str) -> dict[str, str]:
    return {name: salted(salt, value) for name, value in private_part(row).items()}
