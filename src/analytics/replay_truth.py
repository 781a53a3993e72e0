"""What is known of the answers of past decisions: what was decided, and whether it was right, as far as staff told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from analytics.stories import changed_share

KEPT, REWRITTEN = (
    0.1,
    0.5,
)  # Of a text's words changed: up to the one it says the same, from the other on it does not.
_MOST_COMPARED = 6_000  # Characters: comparing texts takes a time that grows with their product.
_PAST = text("""
select d.id, d.outcome, d.reason, d.draft, d.judgement, d.cost_usd, d.processing_ms,
    (select verdict from answer_verdicts where decision_id = d.id order by at desc limit 1) as verdict,
    (select text from messages where ticket_id = d.ticket_id and kind = 'outbound' and author = 'staff'
        and created_at >= d.at order by id limit 1) as sent,
    exists (select 1 from ticket_events e where e.ticket_id = d.ticket_id and e.kind = 'escalated'
        and e.data ->> 'reason' = 'reopened' and e.at > d.at and e.at < d.at + interval '7 days') as reopened
from agent_decisions d where d.id = any(cast(:decisions as bigint[]))
""")


@dataclass(frozen=True)
class Past:
    """`is_right` of the draft is None where nobody told; `sent` is what staff wrote to the customer instead."""

    outcome: str
    reason: str
    category: str
    confidence: float
    draft: str
    sent: str
    is_right: bool | None
    cost_usd: float
    ms: int

    def stored(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome, "reason": self.reason, "category": self.category,
            "confidence": self.confidence, "draft": self.draft, "is_right": self.is_right,
            "cost_usd": self.cost_usd, "ms": self.ms,
        }  # fmt: skip


def read_past(session: Session, decisions: Sequence[int]) -> dict[int, Past]:
    rows = session.execute(_PAST, {"decisions": list(decisions)})
    return {row.id: _past(row) for row in rows}


def _past(row: Row[Any]) -> Past:
    judged = row.judgement or {}
    return Past(
        outcome=row.outcome,
        reason=row.reason or "",
        category=str(judged.get("category") or ""),
        confidence=float(judged.get("confidence") or 0.0),
        draft=row.draft,
        sent=row.sent or "",
        is_right=_is_right(row),
        cost_usd=float(row.cost_usd),
        ms=row.processing_ms,
    )


def _is_right(row: Row[Any]) -> bool | None:
    """What staff said counts before what they did; a reply after which the ticket was opened again was none."""
    if row.verdict is not None:
        return bool(row.verdict == "right")
    if row.outcome == "reply":
        return False if row.reopened else None
    return _same(row.draft, row.sent or "") if row.draft and row.sent else None


def judge(draft: str, past: Past) -> bool | None:
    """Whether another draft for the same message is right: by its likeness to what is known to be right, or wrong."""
    if not draft:
        return None
    if past.is_right is not None and past.draft and _same(past.draft, draft):
        return past.is_right
    return _same(draft, past.sent) if past.sent else None


def _same(first: str, second: str) -> bool | None:
    """None: it can be taken for the same and for another."""
    share = changed_share(first[:_MOST_COMPARED], second[:_MOST_COMPARED])
    return share <= KEPT if share <= KEPT or share >= REWRITTEN else None


def difference(past: Past | None, outcome: str, reason: str, draft: str) -> float:
    """0: the same; 1: the opposite. Reply or not weighs most, then the text, then why staff get it."""
    if past is None:
        return 0.5 if outcome == "reply" else 0.0
    same_outcome = past.outcome == outcome
    words = changed_share(past.draft[:_MOST_COMPARED], draft[:_MOST_COMPARED]) if past.draft or draft else 0.0
    return round(0.6 * (not same_outcome) + 0.3 * words + 0.1 * (past.reason != reason), 4)
