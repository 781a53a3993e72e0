"""The only door to language models: `ask` tries the configured providers in turn, then an offline answer.

No text of a message is logged or traced here.
"""

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel

from llm import breaker, conventions, providers, quotas, records, sharing
from llm.budget import BudgetSpent
from llm.calls import call
from llm.deadline import close_connections
from llm.failures import CallError, Fault, InvalidAnswerError
from llm.following import Follower
from llm.metering import Ledger, Question
from llm.payer import payer
from llm.providers import Provider
from llm.purposes import Purpose, limits
from llm.sharing import Found
from runtime.settings import settings
from runtime.telemetry import record_llm_call, span

log = logging.getLogger(__name__)

T = TypeVar("T", bound=BaseModel)

_EXPECTED = (Fault.BREAKER_OPEN, Fault.BUDGET, Fault.HELD_BACK)  # Told where it began.
_MOST_WAIT_S = 2.0
_REPAIR = "That answer does not fit its schema:\n{problems}\nGive the whole answer again, corrected."


@dataclass(frozen=True)
class Prompt:
    """What a model is told. `user` is data, never instructions; `version` is the hash of the file."""

    system: str
    user: str
    version: str


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A valid answer and what it took. Tokens and cost are of all calls made for it, failed ones too."""

    value: T
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    ms: int
    prompt_version: str
    attempts: tuple[str, ...]  # What failed before, such as "anthropic: timeout".
    is_shared: bool = False  # An equal question was asked at the same time, or just before.
    is_over_budget: bool = False  # A budget had no room for at least one of the models.


def ask(
    purpose: Purpose,
    prompt: Prompt,
    answer_type: type[T],
    *,
    local: Callable[[], T],
    follower: Follower | None = None,
) -> Answer[T]:
    """The first valid answer of Claude, GPT, the OpenAI-compatible server and `local`, in this order.

    Where a budget has no room, the provider's cheaper model is asked before the next provider. Blocks for the
    purpose's `chain_s` at most, plus the time of `local`. `follower` is told of a provider's answer while it is
    written; one that was there already, and that of `local`, only come back. Raises what `local` raises, and
    BudgetSpent where the settings want staff to answer instead of the local model.
    """
    ledger = Ledger()
    key = sharing.key_of(purpose, prompt.version, answer_type.__name__, prompt.system, prompt.user)
    questions = _questions(purpose, prompt, answer_type, follower)
    found, is_shared = sharing.once(
        key, purpose, lambda: _find(questions, prompt, ledger), wait_s=limits(purpose).chain_s
    )
    if found:
        return replace(_finished(found, prompt, ledger), is_shared=is_shared)
    if ledger.is_over_budget and settings().llm.when_spent == "staff":
        raise BudgetSpent("The budget for language models is used up.")
    return _finished(_ask_locally(purpose, prompt, local, ledger), prompt, ledger)


def _questions(
    purpose: Purpose, prompt: Prompt, answer_type: type[T], follower: Follower | None
) -> list[Question[T]]:
    """The same one for every provider, in their order."""
    return [
        Question(choice, purpose, prompt.version, answer_type, follower) for choice in providers.configured()
    ]


def _find(questions: Sequence[Question[T]], prompt: Prompt, ledger: Ledger) -> Found[T] | None:
    """The first valid answer of a provider; None when no provider gives one."""
    waiting = deque(questions)
    while waiting:
        question = waiting.popleft()
        choice = question.choice
        try:
            value = _answer(question, prompt, ledger, is_last=not waiting)
        except CallError as failure:
            ledger.failed(choice, failure)
            level = logging.INFO if failure.fault in _EXPECTED else logging.WARNING
            log.log(level, "%s gives no answer for %s: %s", choice.provider, question.purpose, failure.fault)
            if failure.fault is Fault.BUDGET and (cheaper := providers.cheaper(choice)):
                waiting.appendleft(replace(question, choice=cheaper))
            continue
        return Found(value, choice.provider, ledger.model)
    return None


def _answer(question: Question[T], prompt: Prompt, ledger: Ledger, *, is_last: bool) -> T:
    """One provider's answer, repaired once when it does not fit its type."""
    messages = providers.opening(question.choice, prompt.system, prompt.user, question.answer_type)
    try:
        return _call_again(question, messages, ledger) if is_last else call(question, messages, ledger=ledger)
    except InvalidAnswerError as invalid:
        ledger.failed(question.choice, invalid)
        repair = HumanMessage(_REPAIR.format(problems=invalid.problems))
        messages = [*messages, AIMessage(invalid.text), repair]
    return call(question, messages, ledger=ledger)


def _call_again(question: Question[T], messages: Sequence[BaseMessage], ledger: Ledger) -> T:
    """Twice where the first time did nothing. Only the last provider is worth the wait: others have a next one."""
    try:
        return call(question, messages, ledger=ledger)
    except CallError as failure:
        wait_s = random.uniform(0.3, 0.7)  # noqa: S311  # workers must not come back all at once
        if failure.retry_after_s is not None:
            wait_s = failure.retry_after_s + 0.05
        if not failure.may_retry or wait_s > _MOST_WAIT_S:
            raise
        ledger.failed(question.choice, failure)
    time.sleep(wait_s)
    return call(question, messages, ledger=ledger)


def _ask_locally(purpose: Purpose, prompt: Prompt, local: Callable[[], T], ledger: Ledger) -> Found[T]:
    at, began_s = datetime.now(UTC), ledger.elapsed_s()
    named = {conventions.OPERATION: conventions.CHAT, conventions.PROVIDER: Provider.LOCAL.value}
    with span("chat local", **named):
        value = local()
    seconds = ledger.elapsed_s() - began_s
    record_llm_call(
        Provider.LOCAL,
        Provider.LOCAL,
        purpose=purpose,
        outcome="ok",
        seconds=seconds,
        input_tokens=0,
        output_tokens=0,
        cost_usd=Decimal(0),
    )
    if payer().ticket_id is not None:  # Rules are tried and models measured where there is no database.
        records.write(records.of_local(purpose, prompt.version, at, seconds))
    return Found(value, Provider.LOCAL, Provider.LOCAL.value)


def _finished(found: Found[T], prompt: Prompt, ledger: Ledger) -> Answer[T]:
    return Answer(
        value=found.value,
        provider=found.provider.value,
        model=found.model,
        input_tokens=ledger.input_tokens,
        output_tokens=ledger.output_tokens,
        cost_usd=ledger.cost_usd,
        ms=round(ledger.elapsed_s() * 1000),
        prompt_version=prompt.version,
        attempts=tuple(ledger.attempts),
        is_over_budget=ledger.is_over_budget,
    )


def forget() -> None:
    """Drop the models, connections and states of this process: the settings have changed."""
    close_connections()
    providers.forget()
    breaker.forget()
    quotas.forget()
    sharing.forget()
