"""The only door to language models: `ask` tries the configured providers in turn, then an offline answer.

No text of a message is logged or traced here.
"""

import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType
from typing import Generic, TypeVar

from pydantic import BaseModel

from llm import breaker, choices, conventions, quotas, records, shadow, sharing
from llm.budget import BudgetSpent
from llm.choices import Provider
from llm.deadline import close_connections
from llm.following import Follower
from llm.metering import Ledger, Question
from llm.payer import billed_to, payer
from llm.purposes import Purpose, limits
from llm.sharing import Found
from runtime.settings import settings
from runtime.telemetry import record_llm_call, span

T = TypeVar("T", bound=BaseModel)


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
    prompt_key: str = ""  # The same for identical prompts: by it a replay finds what was answered before.


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
    if (shadowed := shadow.current()) is not None:
        return _in_shadow(shadowed, purpose, prompt, answer_type, local)
    ledger = Ledger()
    key = sharing.key_of(purpose, prompt.version, answer_type.__name__, prompt.system, prompt.user)
    questions = _questions(purpose, prompt, answer_type, follower)
    found, is_shared = sharing.once(
        key, purpose, lambda: _find(questions, prompt, ledger), wait_s=limits(purpose).chain_s
    )
    if found:
        return replace(_finished(purpose, found, prompt, ledger), is_shared=is_shared)
    if ledger.is_over_budget and settings().llm.when_spent == "staff":
        raise BudgetSpent("The budget for language models is used up.")
    return _finished(purpose, _ask_locally(purpose, prompt, local, ledger), prompt, ledger)


def _questions(
    purpose: Purpose, prompt: Prompt, answer_type: type[T], follower: Follower | None
) -> list[Question[T]]:
    """The same one for every provider, in their order."""
    return [
        Question(choice, purpose, prompt.version, answer_type, follower) for choice in choices.configured()
    ]


def _find(questions: Sequence[Question[T]], prompt: Prompt, ledger: Ledger) -> Found[T] | None:
    """The SDKs take seconds to import: a desk that asks no provider does not wait for them."""
    if not questions:
        return None
    found: Found[T] | None = _chain().find(questions, prompt, ledger)
    return found


def _chain() -> ModuleType:
    return importlib.import_module("llm.chain")


def warm_up() -> None:
    """Import what the first call of a provider would wait for."""
    if choices.configured():
        _chain()


def _in_shadow(
    shadowed: shadow.Shadow, purpose: Purpose, prompt: Prompt, answer_type: type[T], local: Callable[[], T]
) -> Answer[T]:
    """Nothing is written to a ticket's account: a live call is nobody's, and the local model leaves no row."""
    ledger = Ledger()
    questions = _questions(purpose, prompt, answer_type, None)
    if questions and not shadowed.is_live:
        key = shadow.key_of(purpose, prompt.system, prompt.user)
        told = shadowed.recorded(key, [one.choice for one in questions])
        if told is None:
            raise shadow.NotReproducible(f"No answer to this prompt is recorded: {purpose.value}.")
        value = answer_type.model_validate(told.value)
        return Answer(
            value, told.provider, told.model, 0, 0, told.cost_usd, told.ms, prompt.version, (),
        )  # fmt: skip
    with billed_to(ticket_id=None, customer_id=None):
        found = _find(questions, prompt, ledger)
    return _finished(purpose, found or Found(local(), Provider.LOCAL, Provider.LOCAL.value), prompt, ledger)


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


def _finished(purpose: Purpose, found: Found[T], prompt: Prompt, ledger: Ledger) -> Answer[T]:
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
        prompt_key=shadow.key_of(purpose, prompt.system, prompt.user),
    )


def forget() -> None:
    """Drop the models, connections and states of this process: the settings have changed."""
    close_connections()
    if vendors := sys.modules.get("llm.providers"):
        vendors.forget()
    breaker.forget()
    quotas.forget()
    sharing.forget()
