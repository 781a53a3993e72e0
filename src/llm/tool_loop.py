"""A model that may call tools, a few times: LangChain's agent, each call metered as every other is.

What its tools find is what it is for; its last words are only a summary. No text of it is logged or traced.
"""

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware, ToolCallLimitMiddleware
from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
from langchain.agents.middleware.tool_call_limit import ToolCallLimitExceededError
from langchain.agents.middleware.types import ModelRequest, ModelResponse, ToolCallRequest
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.errors import GraphRecursionError
from langgraph.types import Command
from pydantic import BaseModel

from llm import budget, conventions, providers, quotas, records
from llm.ask import Prompt
from llm.breaker import breaker
from llm.budget import BudgetSpent
from llm.choices import Choice
from llm.circuit import Position, Result
from llm.completed import Completion
from llm.completion import usage_of
from llm.deadline import deadline
from llm.failures import PROVIDERS_FAULT, CallError, Fault
from llm.metering import Done, Ledger, Question, account, asked, row_of, told_of
from llm.pricing import Usage, cost, worst_cost
from llm.purposes import Limits, Purpose, limits
from llm.tools import Told, Tool, with_tools
from llm.vendor_errors import CALL_ERRORS, classify
from runtime.settings import settings
from runtime.telemetry import span

log = logging.getLogger(__name__)

MOST_CALLS = 6
_MOST_TOOL_CALLS = 12
_MOST_STEPS = 40  # Of the graph: LangChain's own limit is in the thousands.
_LEAST_S = 0.5
_PATIENCE_S = 2.0
_MARGIN_S = 30.0
_OVERHEAD_TOKENS = 600
_BYTES_PER_TOKEN = 3
_CAPS = (ModelCallLimitExceededError, ToolCallLimitExceededError, GraphRecursionError)


class _Nothing(BaseModel):
    """No answer type is asked for: the tools are the answer."""


def run(purpose: Purpose, prompt: Prompt, tools: Sequence[Tool]) -> Told | None:
    """Let the first provider that can do it call the tools; None when none could.

    Blocks for the purpose's `chain_s` at most. Raises BudgetSpent where the settings want staff then.
    """
    ledger = Ledger()
    for choice in with_tools():
        question = Question(choice, purpose, prompt.version, _Nothing)
        try:
            text = _run_with(question, prompt, tools, ledger)
        except CallError as failure:
            ledger.failed(choice, failure)
            log.warning("%s gives no answer for %s: %s", choice.provider, purpose, failure.fault)
            continue
        return _told(ledger, choice, text)
    if ledger.is_over_budget and settings().llm.when_spent == "staff":
        raise BudgetSpent("The budget for language models is used up.")
    return None


def _told(ledger: Ledger, choice: Choice, text: str) -> Told:
    return Told(
        text=text,
        provider=choice.provider.value,
        model=ledger.model,
        input_tokens=ledger.input_tokens,
        output_tokens=ledger.output_tokens,
        cost_usd=ledger.cost_usd,
        attempts=tuple(ledger.attempts),
    )


def _run_with(question: Question[_Nothing], prompt: Prompt, tools: Sequence[Tool], ledger: Ledger) -> str:
    """One agent's run. Raises CallError, also when it went on for too long."""
    system, user = providers.opening(question.choice, prompt.system, prompt.user, _Nothing)
    middleware: list[AgentMiddleware[Any, Any, Any]] = [
        ModelCallLimitMiddleware(run_limit=MOST_CALLS, exit_behavior="error"),
        ToolCallLimitMiddleware(run_limit=_MOST_TOOL_CALLS, exit_behavior="error"),
        _Metered(question, ledger, tools),
    ]
    try:
        agent = create_agent(
            providers.chat_model(question.choice, limits(question.purpose)),
            [_structured(one) for one in tools],
            system_prompt=SystemMessage(content=system.content),
            middleware=middleware,
        )
        asked_for: list[AnyMessage | dict[str, Any]] = [HumanMessage(content=user.content)]
        ended = agent.invoke({"messages": asked_for}, {"recursion_limit": _MOST_STEPS})
    except CallError:
        raise
    except _CAPS:
        raise CallError(Fault.TRUNCATED) from None
    except CALL_ERRORS as error:
        raise classify(error) from None
    return str(ended["messages"][-1].text)


def _structured(tool: Tool) -> BaseTool:
    def call(**given: object) -> str:
        return tool.run(tool.arguments.model_validate(given))

    return StructuredTool.from_function(
        call, name=tool.name, description=tool.description, args_schema=tool.arguments
    )


class _Metered(AgentMiddleware[Any, Any, Any]):
    """Each call of the model within limits, budget and breaker; each call of a tool in a span."""

    def __init__(self, question: Question[_Nothing], ledger: Ledger, tools: Sequence[Tool]) -> None:
        super().__init__()
        self._question = question
        self._ledger = ledger
        self._schemas = sum(
            len(json.dumps(one.arguments.model_json_schema())) + len(one.description) for one in tools
        )

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        question, limit = self._question, limits(self._question.purpose)
        left_s = limit.chain_s - self._ledger.elapsed_s()
        if left_s < _LEAST_S:
            raise CallError(Fault.NO_TIME)
        provider = question.choice.provider
        if breaker(provider).position() is Position.OPEN:
            raise CallError(Fault.BREAKER_OPEN)
        limit = replace(limit, total_s=min(limit.total_s, left_s))
        size = self._schemas + sum(map(_bytes_of, [*request.messages, request.system_message]))
        tokens = -(-size // _BYTES_PER_TOKEN) + limit.max_tokens
        hold_s = limit.total_s + _MARGIN_S
        with quotas.slot(provider, tokens=tokens, patience_s=_PATIENCE_S, hold_s=hold_s) as slot:
            slot.used = 0
            worst = worst_cost(size + _OVERHEAD_TOKENS, limit.max_tokens, question.choice.model)
            reservation = budget.reserve(worst, hold_s=hold_s)
            record = None
            try:
                at = datetime.now(UTC)
                done, response = self._call(request, handler, limit)
                slot.used = done.usage.input_tokens + done.usage.output_tokens
                record = row_of(question, done, at)
            finally:
                if record or reservation.budgets:
                    records.write(record, reservation)
        account(question, done, self._ledger)
        if response is None:
            assert isinstance(done.answer, CallError)
            raise done.answer
        return response

    def _call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], ModelResponse[Any]],
        limit: Limits,
    ) -> tuple[Done[_Nothing], ModelResponse[Any] | None]:
        circuit = breaker(self._question.choice.provider)
        permit = circuit.admit()
        if permit is None:
            raise CallError(Fault.BREAKER_OPEN)
        with span(f"chat {self._question.choice.model}", **asked(self._question, limit)) as current:
            started = time.monotonic()
            response: ModelResponse[Any] | None = None
            try:
                with deadline(first_token_s=limit.total_s, total_s=limit.total_s):
                    response = handler(request)
                came: Completion | CallError = _completion(response, time.monotonic() - started)
            except CALL_ERRORS as error:
                came = classify(error)
            done = self._done(came, time.monotonic() - started)
            is_fault = isinstance(came, CallError) and came.fault in PROVIDERS_FAULT
            retry_after_s = came.retry_after_s if isinstance(came, CallError) else None
            # A whole answer is waited for, and says little of how fast the provider is.
            circuit.record(permit, Result(failed=is_fault, latency_s=0.0, retry_after_s=retry_after_s))
            current.set_attributes(told_of(done))
        return done, None if isinstance(done.answer, CallError) else response

    def _done(self, came: Completion | CallError, seconds: float) -> Done[_Nothing]:
        answer: _Nothing | CallError = _Nothing()
        if isinstance(came, CallError):
            answer = came
        elif came.is_truncated:
            answer = CallError(Fault.TRUNCATED)
        elif came.finish in ("refusal", "content_filter"):
            answer = CallError(Fault.REFUSED)
        return Done(came, answer, seconds, cost(came.usage, self._question.choice.model))

    def wrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]],
    ) -> ToolMessage | Command[Any]:
        name = str(request.tool_call["name"])[:60]
        with span(
            f"execute_tool {name}", **{conventions.OPERATION: "execute_tool", "gen_ai.tool.name": name}
        ):
            return handler(request)


def _completion(response: ModelResponse[Any], seconds: float) -> Completion:
    message = next(one for one in response.result if isinstance(one, AIMessage))
    told = message.response_metadata
    return Completion(
        text=str(message.text),
        finish=told.get("stop_reason") or told.get("finish_reason") or "",
        model=told.get("model_name") or told.get("model") or "",
        usage=usage_of(message.usage_metadata) if message.usage_metadata else Usage(),
        first_token_s=seconds,
    )


def _bytes_of(message: BaseMessage | None) -> int:
    """With the arguments of tools that it called."""
    if message is None:
        return 0
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    return len(str(message.text).encode()) + len(json.dumps([call["args"] for call in calls], default=str))
