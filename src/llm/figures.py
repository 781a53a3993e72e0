"""What the rows of model calls say: the size of each prompt, its cost, and the state of the budgets."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import delete, desc, func, select
from sqlalchemy.orm import Session

from llm.models import LlmBudget, LlmCall, LlmReservation

NOTHING = Decimal(0)


@dataclass(frozen=True)
class PromptSize:
    """What the calls of one purpose and prompt version took, in tokens; `cached` is the share read cheaply."""

    purpose: str
    prompt_version: str
    calls: int
    input_mean: int
    input_p95: int
    input_most: int
    cached: float
    output_mean: int
    cost_mean_usd: Decimal


@dataclass(frozen=True)
class Cost:
    """What the calls of one purpose to one model took and cost; `failed` ones are among the calls."""

    purpose: str
    provider: str
    model: str
    calls: int
    failed: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    p95_ms: int
    cost_usd: Decimal


@dataclass(frozen=True)
class BudgetState:
    """`name` is such as day:2026-11-03; `reserved_usd` is set aside for calls under way."""

    name: str
    limit_usd: Decimal
    spent_usd: Decimal
    reserved_usd: Decimal


def prompt_sizes(session: Session, *, days: int = 30) -> list[PromptSize]:
    """As the vendors counted them, the newest days only. Calls that brought no count are left out."""
    tokens = LlmCall.input_tokens
    query = (
        select(
            LlmCall.purpose,
            LlmCall.prompt_version,
            func.count(),
            func.avg(tokens),
            func.percentile_disc(0.95).within_group(tokens),
            func.max(tokens),
            func.sum(LlmCall.cached_tokens) / func.sum(tokens).cast(LlmCall.cost_usd.type),
            func.avg(LlmCall.output_tokens),
            func.avg(LlmCall.cost_usd),
        )
        .where(LlmCall.at >= datetime.now(UTC) - timedelta(days=days), tokens > 0)
        .group_by(LlmCall.purpose, LlmCall.prompt_version)
        .order_by(LlmCall.purpose, func.max(LlmCall.at).desc())
    )
    return [
        PromptSize(
            purpose, version, calls, round(mean), p95, most, round(float(cached), 3), round(output), cost
        )
        for purpose, version, calls, mean, p95, most, cached, output, cost in session.execute(query)
    ]


def budget_states(session: Session) -> list[BudgetState]:
    """Of the day and the month, the newest first."""
    reserved = (
        select(func.coalesce(func.sum(LlmReservation.amount_usd), 0))
        .where(LlmReservation.budget == LlmBudget.name, LlmReservation.expires_at > func.clock_timestamp())
        .scalar_subquery()
    )
    query = (
        select(LlmBudget.name, LlmBudget.limit_usd, LlmBudget.spent_usd, reserved)
        .where(LlmBudget.name.like("day:%") | LlmBudget.name.like("month:%"))
        .order_by(LlmBudget.name.desc())
    )
    return [BudgetState(*row) for row in session.execute(query)]


def costs(session: Session, *, days: int = 30) -> list[Cost]:
    """The dearest first; the local model's calls cost nothing and come last."""
    query = (
        select(
            LlmCall.purpose,
            LlmCall.provider,
            LlmCall.model,
            func.count(),
            func.count().filter(LlmCall.outcome != "ok"),
            func.sum(LlmCall.input_tokens),
            func.sum(LlmCall.cached_tokens),
            func.sum(LlmCall.output_tokens),
            func.percentile_disc(0.95).within_group(LlmCall.ms),
            func.sum(LlmCall.cost_usd).label("cost"),
        )
        .where(LlmCall.at >= datetime.now(UTC) - timedelta(days=days))
        .group_by(LlmCall.purpose, LlmCall.provider, LlmCall.model)
        .order_by(desc("cost"), LlmCall.purpose, LlmCall.model)
    )
    return [Cost(*row) for row in session.execute(query)]


def forget_before(session: Session, moment: datetime) -> int:
    """Delete the rows of calls before that; returns how many. Budgets keep what they have spent."""
    gone = session.execute(delete(LlmCall).where(LlmCall.at < moment).returning(LlmCall.id))
    return len(gone.all())
