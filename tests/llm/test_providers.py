import os
import socket
import warnings
from typing import Any

import pytest
from langchain_core.tracers.langchain import wait_for_all_tracers
from langsmith.utils import get_env_var

from llm.ask import Prompt, ask
from llm.choices import Choice, Provider, configured
from llm.providers import model_for
from llm.purposes import Purpose
from tests.llm.conftest import ANTHROPIC_KEY, GOOD, OPENAI_KEY, Configure, Triage, Vendors
from tests.stubs.model_stub import ModelStub, ok, status

PROMPT = Prompt(system="Answer kindly.", user="Where is it?", version="1")


def reply() -> None:
    ask(Purpose.REPLY, PROMPT, Triage, local=lambda: Triage(category="-", confidence=0))


def body_of(stub: ModelStub) -> dict[str, Any]:
    return dict(stub.received[-1].body)


def test_claude_gets_a_forced_tool_a_cached_prompt_and_the_purposes_limits(vendors: Vendors) -> None:
    vendors.claude.then(ok(GOOD))
    reply()
    body = body_of(vendors.claude)
    assert body["tool_choice"] == {"type": "tool", "name": "Triage"}
    assert body["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert (body["temperature"], body["max_tokens"], body["stream"]) == (0.3, 1024, True)
    assert vendors.claude.received[0].headers["authorization"] == f"Bearer {ANTHROPIC_KEY}"


def test_gpt_gets_a_forced_tool_and_is_asked_for_its_usage(vendors: Vendors) -> None:
    vendors.claude.then(status(500))
    vendors.gpt.then(ok(GOOD))
    reply()
    body = body_of(vendors.gpt)
    assert body["tool_choice"]["function"]["name"] == "Triage"
    assert body["stream_options"] == {"include_usage": True}
    assert (body["temperature"], body["max_completion_tokens"]) == (0.3, 1024)
    assert "cache_control" not in str(body)


def test_a_compatible_server_gets_the_schema_and_no_key(vendors: Vendors) -> None:
    vendors.claude.then(status(500))
    vendors.gpt.then(status(500))
    vendors.ollama.then(ok(GOOD))
    reply()
    body = body_of(vendors.ollama)
    assert body["response_format"]["json_schema"]["name"] == "Triage"
    assert '"confidence"' in body["messages"][0]["content"]
    assert body["max_tokens"] == 1024
    assert OPENAI_KEY not in str(vendors.ollama.received[0].headers)


@pytest.mark.parametrize("model", ["claude-sonnet-5", "claude-opus-4-8"])
def test_no_temperature_goes_to_a_model_that_rejects_it(
    vendors: Vendors, configure: Configure, model: str
) -> None:
    configure(DESKFLEET_ANTHROPIC_MODEL=model)
    vendors.claude.then(ok(GOOD))
    reply()
    assert "temperature" not in body_of(vendors.claude)


def test_no_tool_is_forced_on_a_model_that_rejects_it(vendors: Vendors, configure: Configure) -> None:
    configure(DESKFLEET_ANTHROPIC_MODEL="claude-sonnet-5-5")
    vendors.claude.then(ok(GOOD))
    reply()
    assert body_of(vendors.claude)["tool_choice"] == {"type": "auto"}


def test_the_settings_lower_the_output_limit(vendors: Vendors, configure: Configure) -> None:
    configure(DESKFLEET_LLM_MAX_OUTPUT_TOKENS="77")
    vendors.claude.then(ok(GOOD))
    reply()
    assert body_of(vendors.claude)["max_tokens"] == 77


def test_only_providers_with_a_key_or_url_are_asked(configure: Configure) -> None:
    assert configured() == []
    configure(OPENAI_API_KEY=OPENAI_KEY, DESKFLEET_OPENAI_MODEL="gpt-4.1")
    assert configured() == [Choice(Provider.OPENAI, "gpt-4.1")]


def test_models_are_built_once_for_a_purpose(vendors: Vendors) -> None:
    choice = configured()[0]
    assert model_for(choice, Purpose.REPLY, Triage) is model_for(choice, Purpose.REPLY, Triage)


def test_keys_are_not_in_the_models_repr(vendors: Vendors) -> None:
    shown = "".join(repr(model_for(choice, Purpose.REPLY, Triage)) for choice in configured())
    assert ANTHROPIC_KEY not in shown
    assert OPENAI_KEY not in shown


def test_langsmith_is_never_called(vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as langsmith:
        langsmith.setblocking(False)
        url = f"http://127.0.0.1:{langsmith.getsockname()[1]}"
        for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2"):
            monkeypatch.setenv(name, "true")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", url)
        monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2-test")
        monkeypatch.setenv("LANGSMITH_GATEWAY", url)
        get_env_var.cache_clear()  # type: ignore[attr-defined]  # cached, though typed as a plain function
        vendors.claude.then(ok(GOOD))
        reply()
        wait_for_all_tracers()
        with pytest.raises(BlockingIOError):
            langsmith.accept()
    monkeypatch.undo()
    get_env_var.cache_clear()  # type: ignore[attr-defined]  # the same
    assert vendors.requests() == (1, 0, 0)


def test_a_forked_child_builds_its_own_models(vendors: Vendors) -> None:
    model_for(configured()[0], Purpose.REPLY, Triage)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Newer Pythons warn of threads, here the stubs'.
        child = os.fork()
    if child == 0:
        os._exit(model_for.cache_info().currsize)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert model_for.cache_info().currsize == 1
