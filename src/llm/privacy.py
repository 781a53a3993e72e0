"""What the models' side keeps of a customer: rows of calls without text, and vectors in memory."""

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from llm import local_embedding
from llm.models import LlmCall


def export_customer(session: Session, customer_id: int) -> dict[str, list[dict[str, Any]]]:
    """What was spent for this customer, by purpose: no text of a call is kept."""
    query = select(LlmCall.purpose, func.count(), func.sum(LlmCall.cost_usd)).where(
        LlmCall.customer_id == customer_id
    )
    rows = session.execute(query.group_by(LlmCall.purpose).order_by(LlmCall.purpose))
    return {
        "model_calls": [
            {"purpose": purpose, "calls": calls, "cost_usd": str(cost)} for purpose, calls, cost in rows
        ]
    }


def erase_customer(session: Session, customer_id: int) -> int:
    """The calls stay for the figures and name nobody; returns how many."""
    changed = update(LlmCall).where(LlmCall.customer_id == customer_id).values(customer_id=None)
    return len(session.scalars(changed.returning(LlmCall.id)).all())


def forget_remembered() -> None:
    """Empty this process's memory of questions and their vectors, after the commit of an erasure."""
    local_embedding.forget_remembered()
