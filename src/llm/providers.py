"""The LangChain models of the configured vendors, built once per process, purpose and answer type.

Importing the SDKs takes seconds, so only `chain` and `tool_loop` do, which are imported when a provider is configured.
"""

import json
import logging
import os
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import anthropic
import langsmith
from langchain_anthropic import ChatAnthropic, convert_to_anthropic_tool
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, SecretStr

from llm.choices import Choice, Provider
from llm.deadline import http_client
from llm.following import list_of
from llm.purposes import Limits, Purpose, limits
from runtime.settings import settings

# No trace of ours goes to LangSmith, whatever the environment says.
langsmith.configure(enabled=False)

# At lower levels these log whole requests.
for _name in ("anthropic", "openai", "httpx2", "httpcore2", "langsmith", "langchain_openai"):
    logging.getLogger(_name).setLevel(logging.WARNING)


Model = Runnable[LanguageModelInput, AIMessage]

# These choose for themselves whether to call a tool.
_NO_FORCED_TOOL = ("claude-fable-5-1", "claude-opus-5-5", "claude-sonnet-5-5")


@lru_cache(maxsize=200)
def model_for(choice: Choice, purpose: Purpose, answer_type: type[BaseModel]) -> Model:
    """A model that answers in the form of `answer_type`."""
    limit = limits(purpose)
    if choice.provider is Provider.ANTHROPIC:
        forced = not choice.model.startswith(_NO_FORCED_TOOL)
        tool_choice = answer_type.__name__ if forced else "auto"
        return _claude(choice.model, limit).bind_tools([_tool_of(answer_type)], tool_choice=tool_choice)
    if choice.provider is Provider.OPENAI:
        return _gpt(choice.model, limit).bind_tools([answer_type], tool_choice=answer_type.__name__)
    return _compatible(choice.model, limit, answer_type)


def _tool_of(answer_type: type[BaseModel]) -> type[BaseModel] | dict[str, Any]:
    """Claude keeps a whole list back until it is written, unless the tool asks for it piece by piece."""
    if not list_of(answer_type)[0]:
        return answer_type
    tool = {"description": "", **convert_to_anthropic_tool(answer_type)}
    return {**tool, "eager_input_streaming": True}


def chat_model(choice: Choice, limit: Limits) -> BaseChatModel:
    """A model that is not bound to an answer type: for the tool loop, which binds its tools."""
    return (
        _claude(choice.model, limit) if choice.provider is Provider.ANTHROPIC else _gpt(choice.model, limit)
    )


def opening(choice: Choice, system: str, user: str, answer_type: type[BaseModel]) -> Sequence[BaseMessage]:
    """The messages that a conversation begins with."""
    if choice.provider is Provider.ANTHROPIC:
        # The system prompt and the answer's schema before it are the same for every call: billed at a tenth.
        block = {"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}
        return [SystemMessage(content=[block]), HumanMessage(user)]
    if choice.provider is Provider.COMPATIBLE:
        schema = json.dumps(answer_type.model_json_schema())
        system = f"{system}\n\nAnswer with one JSON object and nothing else. Its JSON schema:\n{schema}"
    return [SystemMessage(system), HumanMessage(user)]


def forget() -> None:
    """Drop the models, with the connections that they hold: a forked child must not use its parent's."""
    model_for.cache_clear()
    http_client.cache_clear()


os.register_at_fork(after_in_child=forget)


class _Claude(ChatAnthropic):
    """ChatAnthropic on our HTTP client, without the SDK's own spans: `ask` writes one for every provider."""

    @cached_property
    def _client(self) -> anthropic.Anthropic:
        return anthropic.Anthropic(**self._client_params, http_client=http_client(), open_telemetry=False)


def _claude(model: str, limit: Limits) -> ChatAnthropic:
    group = settings().llm
    chat = _Claude(
        model=model,
        api_key=group.anthropic_api_key,
        base_url=group.anthropic_base_url,
        max_tokens=limit.max_tokens,
        timeout=limit.total_s,
        max_retries=0,
    )
    chat.temperature = _temperature(chat, limit)
    return chat


def _gpt(model: str, limit: Limits) -> ChatOpenAI:
    group = settings().llm
    chat = ChatOpenAI(
        model=model,
        api_key=group.openai_api_key,
        base_url=group.openai_base_url,
        max_completion_tokens=limit.max_tokens,
        timeout=limit.total_s,
        max_retries=0,
        stream_usage=True,
        use_responses_api=False,
        http_client=http_client(),
        http_socket_options=(),
    )
    chat.temperature = _temperature(chat, limit)
    return chat


def _temperature(chat: BaseChatModel, limit: Limits) -> float | None:
    """None for the newer models that reject a request with a temperature."""
    accepts = (chat.profile or {}).get("temperature", True)
    return limit.temperature if accepts else None


def _compatible(model: str, limit: Limits, answer_type: type[BaseModel]) -> Model:
    """Such servers differ in tools but agree on a JSON schema for the answer and the older `max_tokens`."""
    chat = ChatOpenAI(
        model=model,
        api_key=SecretStr("none"),
        base_url=settings().llm.compatible_url,
        temperature=limit.temperature,
        timeout=limit.total_s,
        max_retries=0,
        stream_usage=True,
        use_responses_api=False,
        http_client=http_client(),
        http_socket_options=(),
    )
    schema = {"name": answer_type.__name__, "schema": answer_type.model_json_schema()}
    form = {"type": "json_schema", "json_schema": schema}
    # In extra_body, since the SDK would otherwise parse the answer itself.
    return chat.bind(extra_body={"max_tokens": limit.max_tokens, "response_format": form})
