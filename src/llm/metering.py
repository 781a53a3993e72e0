"""What is told of a call that was made: its row, the attributes of its span, its metrics and its sum."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

from pydantic import BaseModel

from llm import conventions
from llm.choices import Choice
from llm.completed import Completion
from llm.failures import CallError, Fault
from llm.following import Follower
from llm.payer import payer
from llm.pricing import Usage
from llm.purposes import Limits, Purpose
from llm.records import CallRecord
from runtime import correlation
from runtime.telemetry import record_llm_call

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class Question(Generic[T]):
    """Who is asked for what, and who is told of the answer while it is written."""

    choice: Choice
    purpose: Purpose
    prompt_version: str
    answer_type: type[T]
    follower: Follower | None = None


@dataclass
class Ledger:
    """What one `ask` has done so far."""

    started: float = field(default_factory=time.monotonic)
    attempts: list[str] = field(default_factory=list)
    is_over_budget: bool = False
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)

    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    def failed(self, choice: Choice, failure: CallError) -> None:
        self.attempts.append(f"{choice.provider}: {failure.fault}")
        self.is_over_budget |= failure.fault is Fault.BUDGET


@dataclass(frozen=True)
class Done(Generic[T]):
    """A call that was made, whatever came of it."""

    completion: Completion | CallError
    answer: T | CallError
    seconds: float
    cost_usd: Decimal

    @property
    def usage(self) -> Usage:
        return self.completion.usage

    @property
    def outcome(self) -> str:
        return self.answer.fault.value if isinstance(self.answer, CallError) else "ok"

    @property
    def model(self) -> str:
        return self.completion.model if isinstance(self.completion, Completion) else ""

    @property
    def first_token_s(self) -> float | None:
        return self.completion.first_token_s if isinstance(self.completion, Completion) else None


def account(question: Question[T], done: Done[T], ledger: Ledger) -> None:
    ledger.input_tokens += done.usage.input_tokens
    ledger.output_tokens += done.usage.output_tokens
    ledger.cost_usd += done.cost_usd
    if isinstance(done.completion, Completion):
        ledger.model = done.model or question.choice.model
    record_llm_call(
        question.choice.provider,
        question.choice.model,
        purpose=question.purpose,
        outcome=done.outcome,
        seconds=done.seconds,
        input_tokens=done.usage.input_tokens,
        output_tokens=done.usage.output_tokens,
        cost_usd=done.cost_usd,
    )


def row_of(question: Question[T], done: Done[T], at: datetime) -> CallRecord:
    who = payer()
    return CallRecord(
        at=at,
        purpose=question.purpose,
        prompt_version=question.prompt_version,
        provider=question.choice.provider,
        model=done.model or question.choice.model,
        input_tokens=done.usage.input_tokens,
        output_tokens=done.usage.output_tokens,
        cached_tokens=done.usage.cache_read,
        cost_usd=done.cost_usd,
        ms=round(done.seconds * 1000),
        first_token_ms=_ms(done.first_token_s),
        outcome=done.outcome,
        ticket_id=who.ticket_id,
        customer_id=who.customer_id,
        correlation_id=correlation.current(),
    )


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def asked(question: Question[T], limit: Limits) -> dict[str, str | int | float]:
    return {
        conventions.OPERATION: conventions.CHAT,
        conventions.PROVIDER: question.choice.provider.value,
        conventions.REQUEST_MODEL: question.choice.model,
        conventions.REQUEST_MAX_TOKENS: limit.max_tokens,
        conventions.REQUEST_TEMPERATURE: limit.temperature,
        conventions.OUTPUT_TYPE: conventions.JSON,
        conventions.PURPOSE: question.purpose.value,
        conventions.PROMPT_VERSION: question.prompt_version,
    }


def told_of(done: Done[T]) -> dict[str, str | int | float | list[str]]:
    told: dict[str, str | int | float | list[str]] = {}
    if isinstance(done.completion, Completion):
        told[conventions.RESPONSE_MODEL] = done.model
        told[conventions.FINISH_REASONS] = [done.completion.finish]
        told[conventions.FIRST_TOKEN_MS] = round(done.completion.first_token_s * 1000)
    if done.usage != Usage():
        told[conventions.INPUT_TOKENS] = done.usage.input_tokens
        told[conventions.OUTPUT_TOKENS] = done.usage.output_tokens
        told[conventions.CACHE_READ_TOKENS] = done.usage.cache_read
        told[conventions.CACHE_WRITE_TOKENS] = done.usage.cache_write
        told[conventions.COST_USD] = float(done.cost_usd)
    if isinstance(done.answer, CallError):
        told[conventions.ERROR_TYPE] = done.answer.fault.value
    return told
