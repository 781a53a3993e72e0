from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from llm.ask import Prompt, ask
from llm.purposes import Purpose
from runtime import telemetry
from runtime.telemetry import exposition
from tests.llm.conftest import ANTHROPIC_KEY, GOOD, Triage, Vendors
from tests.stubs.model_stub import malformed, ok, status

PROMPT = Prompt(system="Secret instructions", user="Secret question", version="1")


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    monkeypatch.setattr(telemetry, "_tracing", True)
    yield exporter
    provider.shutdown()


def triage() -> None:
    ask(Purpose.TRIAGE, PROMPT, Triage, local=lambda: Triage(category="-", confidence=0))


def of(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    """Without those of the database, where what a call cost is kept."""
    return [one for one in spans.get_finished_spans() if one.name not in ("transaction", "statement")]


def test_every_call_is_one_span_in_the_genai_conventions(
    vendors: Vendors, spans: InMemorySpanExporter
) -> None:
    vendors.claude.then(status(529))
    vendors.gpt.then(ok(GOOD))
    triage()
    failed, answered = [dict(span.attributes or {}) for span in of(spans)]
    assert failed["gen_ai.provider.name"] == "anthropic"
    assert failed["error.type"] == "unavailable"
    assert isinstance(answered.pop("deskfleet.first_token_ms"), int)
    assert answered.pop("deskfleet.cost_usd") == pytest.approx((100 * 0.4 + 20 * 1.6) / 1e6)
    assert answered == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4.1-mini",
        "gen_ai.request.max_tokens": 512,
        "gen_ai.request.temperature": 0.1,
        "gen_ai.output.type": "json",
        "gen_ai.response.model": "gpt-4.1-mini",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.cache_creation.input_tokens": 0,
        "gen_ai.response.finish_reasons": ("stop",),
        "deskfleet.purpose": "triage",
        "deskfleet.prompt_version": "1",
    }


def test_neither_texts_nor_keys_are_in_the_spans(vendors: Vendors, spans: InMemorySpanExporter) -> None:
    vendors.claude.then(malformed(), malformed())
    vendors.gpt.then(status(400))
    triage()
    shown = "".join(span.to_json() for span in of(spans))
    assert len(of(spans)) == 5
    for hidden in ("Secret", "confiden", ANTHROPIC_KEY):
        assert hidden not in shown


def test_calls_are_counted_by_provider_purpose_and_outcome(vendors: Vendors) -> None:
    def count(provider: str, outcome: str) -> float:
        labels = f'{{outcome="{outcome}",provider="{provider}",purpose="triage"}}'
        lines = [line for line in exposition().decode().splitlines() if labels in line and "_count" in line]
        return float(lines[0].split()[-1]) if lines else 0.0

    before = count("anthropic", "invalid"), count("openai", "ok")
    vendors.claude.then(malformed(), malformed())
    vendors.gpt.then(ok(GOOD))
    triage()
    assert (count("anthropic", "invalid"), count("openai", "ok")) == (before[0] + 2, before[1] + 1)
