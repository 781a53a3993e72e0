"""One metered call to a provider: within its limits and budgets, through its breaker, in a span, validated."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from llm import budget, quotas, records
from llm.answers import validated
from llm.breaker import breaker
from llm.choices import Provider
from llm.circuit import Position, Result
from llm.completed import Completion
from llm.completion import complete
from llm.failures import PROVIDERS_FAULT, CallError, Fault
from llm.following import Following
from llm.metering import Done, Ledger, Question, account, asked, row_of, told_of
from llm.pricing import cost, worst_cost
from llm.providers import model_for
from llm.purposes import Limits, limits
from llm.sizes import likely_input, most_input
from llm.vendor_errors import CALL_ERRORS, classify
from runtime.telemetry import span

T = TypeVar("T", bound=BaseModel)

_LEAST_S = 0.5  # With less time left a call is not begun.
_PATIENCE_S = 2.0  # No call waits longer for a place among those of its provider.
_MARGIN_S = 30.0  # A call that is over for this long, and not settled, belonged to a process that died.


def call(question: Question[T], messages: Sequence[BaseMessage], *, ledger: Ledger) -> T:
    """Ask once. Raises CallError, which is InvalidAnswerError when the answer can be repaired."""
    limit = limits(question.purpose)
    left_s = limit.chain_s - ledger.elapsed_s()
    if left_s < _LEAST_S:
        raise CallError(Fault.NO_TIME)
    if breaker(question.choice.provider).position() is Position.OPEN:
        raise CallError(Fault.BREAKER_OPEN)
    tokens = likely_input(messages, question.answer_type) + limit.max_tokens
    hold_s = min(limit.total_s, left_s) + _MARGIN_S
    patience_s = min(_PATIENCE_S, left_s / 4)
    with quotas.slot(question.choice.provider, tokens=tokens, patience_s=patience_s, hold_s=hold_s) as slot:
        slot.used = 0
        reservation = budget.reserve(_worst_usd(question, messages, limit), hold_s=hold_s)
        record = None
        try:
            at = datetime.now(UTC)
            done = _through_breaker(question, messages, replace(limit, total_s=min(limit.total_s, left_s)))
            slot.used = done.usage.input_tokens + done.usage.output_tokens
            record = row_of(question, done, at)
        finally:
            if record or reservation.budgets:
                records.write(record, reservation)
    account(question, done, ledger)
    if isinstance(done.answer, CallError):
        raise done.answer
    return done.answer


def _worst_usd(question: Question[T], messages: Sequence[BaseMessage], limit: Limits) -> Decimal:
    tokens = most_input(messages, question.answer_type)
    self_hosted = question.choice.provider is Provider.COMPATIBLE
    return worst_cost(tokens, limit.max_tokens, question.choice.model, self_hosted=self_hosted)


def _through_breaker(question: Question[T], messages: Sequence[BaseMessage], limit: Limits) -> Done[T]:
    circuit = breaker(question.choice.provider)
    permit = circuit.admit()
    if permit is None:
        raise CallError(Fault.BREAKER_OPEN)
    with span(f"chat {question.choice.model}", **asked(question, limit)) as current:
        done = _done(question, messages, limit)
        circuit.record(permit, _result(done))
        current.set_attributes(told_of(done))
    return done


def _done(question: Question[T], messages: Sequence[BaseMessage], limit: Limits) -> Done[T]:
    started = time.monotonic()
    following = Following(question.answer_type, question.follower)
    completion = _attempt(question, messages, limit, following)
    seconds = time.monotonic() - started
    choice = question.choice
    cost_usd = cost(completion.usage, choice.model, self_hosted=choice.provider is Provider.COMPATIBLE)
    answer = validated(completion, question.answer_type)
    if isinstance(answer, CallError):
        following.void()
    return Done(completion, answer, seconds, cost_usd)


def _attempt(
    question: Question[T], messages: Sequence[BaseMessage], limit: Limits, following: Following
) -> Completion | CallError:
    try:
        model = model_for(question.choice, question.purpose, question.answer_type)
        return complete(
            model,
            messages,
            first_token_s=limit.first_token_s,
            total_s=limit.total_s,
            following=following,
        )
    except CallError as failure:
        return failure
    except CALL_ERRORS as error:  # From building the model: a wrong URL, a model name that LangChain refuses.
        return classify(error)


def _result(done: Done[T]) -> Result:
    latency_s = done.seconds if done.first_token_s is None else done.first_token_s
    if not isinstance(done.answer, CallError):
        return Result(failed=False, latency_s=latency_s)
    return Result(
        failed=done.answer.fault in PROVIDERS_FAULT,
        latency_s=latency_s,
        retry_after_s=done.answer.retry_after_s,
    )
