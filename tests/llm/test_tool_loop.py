"""LangChain's agent on a wire-level stub: it calls tools, and every call is bounded and paid for."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel
from sqlalchemy import select

from llm import tool_loop, tools
from llm.ask import Prompt
from llm.budget import BudgetSpent
from llm.models import LlmCall, LlmReservation
from llm.purposes import Purpose
from llm.tool_loop import MOST_CALLS
from llm.tools import Told, Tool
from runtime import telemetry
from runtime.database import transaction
from tests.llm.conftest import Configure, Vendors
from tests.stubs.model_stub import slow, status, text, tool_call

PROMPT = Prompt(system="Use the tools.", user="Where is A-1001 of Wonderland?", version="abc123")


class OrderQuery(BaseModel):
    order_id: str


@pytest.fixture
def asked() -> list[str]:
    return []


def run(asked: list[str]) -> Told | None:
    def look_up(query: BaseModel) -> str:
        assert isinstance(query, OrderQuery)
        asked.append(query.order_id)
        return "It is in Wonderland."

    return tool_loop.run(
        Purpose.TOOLS, PROMPT, [Tool("look_up_order", "Finds an order.", OrderQuery, look_up)]
    )


def test_claude_calls_a_tool_and_reads_what_it_says(vendors: Vendors, asked: list[str]) -> None:
    vendors.claude.then(tool_call("look_up_order", order_id="A-1001"), text("It is found."))
    told = run(asked)
    assert told is not None
    assert asked == ["A-1001"]
    assert (told.text, told.provider, told.model) == ("It is found.", "anthropic", "claude-sonnet-4-6")
    assert (told.input_tokens, told.output_tokens) == (200, 40)
    assert told.cost_usd > 0
    second = vendors.claude.received[1].body
    assert "It is in Wonderland." in str(second["messages"][-1])
    assert [tool["name"] for tool in second["tools"]] == ["look_up_order"]
    assert second["max_tokens"] == 1024


def test_every_call_has_a_row_and_nothing_stays_reserved(
    vendors: Vendors, configure: Configure, asked: list[str]
) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="5")
    vendors.claude.then(tool_call("look_up_order", order_id="A-1001"), text("It is found."))
    run(asked)
    with transaction() as session:
        rows = session.scalars(select(LlmCall)).all()
        assert [(row.purpose, row.outcome, row.prompt_version) for row in rows] == [
            ("tools", "ok", "abc123")
        ] * 2
        assert session.scalars(select(LlmReservation)).all() == []


def test_a_model_that_never_ends_is_stopped_after_six_calls(vendors: Vendors, asked: list[str]) -> None:
    vendors.claude.otherwise = lambda _request: tool_call("look_up_order", order_id="A-1001")
    vendors.gpt.then(status(500))
    assert run(asked) is None
    assert len(vendors.claude.received) == MOST_CALLS


def test_without_room_in_the_budget_nothing_is_asked(
    vendors: Vendors, configure: Configure, asked: list[str]
) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="0.00001")
    assert run(asked) is None
    assert vendors.requests() == (0, 0, 0)
    configure(DESKFLEET_LLM_WHEN_SPENT="staff")
    with pytest.raises(BudgetSpent):
        run(asked)


def test_a_provider_that_fails_hands_over_to_the_next(vendors: Vendors, asked: list[str]) -> None:
    vendors.claude.then(status(529))
    vendors.gpt.then(text("Nothing."))
    told = run(asked)
    assert told is not None
    assert (told.provider, told.attempts) == ("openai", ("anthropic: unavailable",))


def test_a_slow_model_is_given_up_within_its_time(
    vendors: Vendors, configure: Configure, asked: list[str]
) -> None:
    configure(DESKFLEET_LLM_TIMEOUT_S="0.5")
    vendors.claude.then(slow({}, first_token_after_s=20))
    vendors.gpt.then(text("Nothing."))
    told = run(asked)
    assert told is not None
    assert told.attempts == ("anthropic: timeout",)


def test_arguments_that_do_not_fit_are_told_to_the_model(vendors: Vendors, asked: list[str]) -> None:
    vendors.claude.then(tool_call("look_up_order", wrong=1), text("It cannot be found."))
    told = run(asked)
    assert told is not None
    assert asked == []
    assert "order_id" in str(vendors.claude.received[1].body["messages"][-1])


def test_a_tool_that_does_not_exist_runs_nothing(vendors: Vendors, asked: list[str]) -> None:
    vendors.claude.then(tool_call("delete_everything"), text("It cannot be done."))
    assert run(asked) is not None
    assert asked == []


def test_without_a_model_nothing_is_asked(configure: Configure, asked: list[str]) -> None:
    assert not tools.can_run()
    assert run(asked) is None


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    monkeypatch.setattr(telemetry, "_tracing", True)
    yield exporter
    provider.shutdown()


def test_each_call_is_a_span_and_none_holds_a_text(
    vendors: Vendors, spans: InMemorySpanExporter, asked: list[str]
) -> None:
    vendors.claude.then(tool_call("look_up_order", order_id="A-1001"), text("It is found."))
    run(asked)
    found = list(spans.get_finished_spans())
    names = [one.name for one in found]
    assert names.count("chat claude-sonnet-4-6") == 2
    assert names.count("execute_tool look_up_order") == 1
    assert all("Wonderland" not in str(one.attributes) for one in found)


def test_what_is_cut_off_is_no_answer(vendors: Vendors, asked: list[str]) -> None:
    vendors.claude.then(replace(text("It is"), stop="max_tokens"))
    vendors.gpt.then(text("Nothing."))
    told = run(asked)
    assert told is not None
    assert told.attempts == ("anthropic: truncated",)
    assert told.cost_usd > Decimal(0)
