"""Spans: what they say of an error, and what they must not repeat."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from runtime import telemetry


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def test_a_step_has_its_attributes(spans: InMemorySpanExporter) -> None:
    with telemetry.span("search", deskfleet__passages=3):
        pass
    [span] = spans.get_finished_spans()
    assert (span.name, dict(span.attributes or {})) == ("search", {"deskfleet.passages": 3})
    assert span.status.status_code is trace.StatusCode.UNSET


def test_an_error_is_recorded_without_what_it_repeats_of_a_message(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="4111"), telemetry.span("draft"):
        raise ValueError("bad input: card 4111 1111 1111 1111 of alice@example.com")
    [span] = spans.get_finished_spans()
    [event] = span.events
    assert span.status.status_code is trace.StatusCode.ERROR
    assert dict(event.attributes or {}) == {
        "exception.type": "ValueError",
        "exception.message": "bad input: card [CREDIT_CARD] of [EMAIL_ADDRESS]",
    }
    assert "4111" not in span.to_json()
