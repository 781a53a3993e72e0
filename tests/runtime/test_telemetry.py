"""Spans: what they say of an error, and what they must not repeat."""

import re
import urllib.request
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from runtime import telemetry
from runtime.settings import settings
from tests.journeys.fleet import free_port


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setattr(telemetry, "_tracing", True)
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


def test_this_is_the_only_file_that_knows_opentelemetry_and_prometheus() -> None:
    source = Path(telemetry.__file__).parents[1]
    known = re.compile(r"^(?:from|import) (?:opentelemetry|prometheus_client)\b", re.MULTILINE)
    knowing = [file for file in source.rglob("*.py") if known.search(file.read_text(encoding="utf-8"))]
    assert knowing == [Path(telemetry.__file__)]


def test_what_bounds_model_calls_is_in_the_metrics() -> None:
    telemetry.record_budget_warning("day", 80)
    telemetry.record_budget_refusal("day")
    telemetry.record_budget_share("month", 0.25)
    telemetry.record_spared("triage", "reused")
    telemetry.record_held_back("openai")
    telemetry.record_unwritten(3)
    told = telemetry.exposition().decode()
    for line in (
        'deskfleet_budget_warnings_total{percent="80",scope="day"}',
        'deskfleet_budget_refusals_total{scope="day"}',
        'deskfleet_budget_used_share{scope="month"} 0.25',
        'deskfleet_llm_spared_total{how="reused",purpose="triage"}',
        'deskfleet_llm_held_back_total{provider="openai"}',
        "deskfleet_llm_unwritten_calls 3.0",
    ):
        assert line in told


def test_a_process_without_http_answers_prometheus_when_a_port_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    monkeypatch.setenv("DESKFLEET_METRICS_PORT", str(port))
    settings.cache_clear()
    telemetry.configure("beat")
    server = telemetry.listen()
    assert server is not None
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            told = answer.read().decode()
    finally:
        server.close()
        settings.cache_clear()
    assert re.search(r'deskfleet_build_info\{process="beat",version="\d', told)


def test_without_a_port_nobody_listens() -> None:
    assert telemetry.listen() is None


def test_how_long_jobs_wait_and_what_is_in_use_is_in_the_metrics() -> None:
    telemetry.record_job_wait("quiet", 3.0)
    telemetry.record_job_wait("quiet", -1.0)  # Clocks of two machines differ.
    telemetry.record_dependency("redis", up=False)
    telemetry.watch_pool(lambda: 7.0, 20)
    telemetry.record_waiting("staff", count=2, oldest_s=9.0, oldest_critical_s=8.0)
    told = telemetry.exposition().decode()
    for line in (
        'deskfleet_job_wait_seconds_bucket{le="0.1",queue="quiet"} 1.0',
        'deskfleet_job_wait_seconds_count{queue="quiet"} 2.0',
        'deskfleet_dependency_up{part="redis"} 0.0',
        'deskfleet_database_connections{state="in_use"} 7.0',
        'deskfleet_database_connections{state="most"} 20.0',
        'deskfleet_oldest_critical_seconds{owner="staff"} 8.0',
    ):
        assert line in told


def test_how_often_a_cache_knew_and_what_it_holds_is_in_the_metrics() -> None:
    held = {"first": 1}
    telemetry.watch_cache("sample", lambda: len(held))
    for hit in (True, True, False):
        telemetry.record_cache("sample", hit)
    held["second"] = 2
    told = telemetry.exposition().decode()
    for line in (
        'deskfleet_cache_asks_total{cache="sample",result="hit"} 2.0',
        'deskfleet_cache_asks_total{cache="sample",result="miss"} 1.0',
        'deskfleet_cache_entries{cache="sample"} 2.0',
    ):
        assert line in told


def test_what_stays_open_and_what_works_is_asked_when_the_metrics_are_read() -> None:
    telemetry.watch_open("sample", lambda: 4)
    telemetry.watch_threads(lambda: 3, 16)
    telemetry.record_rating(5)
    told = telemetry.exposition().decode()
    for line in (
        'deskfleet_open_connections{kind="sample"} 4.0',
        'deskfleet_web_threads{state="busy"} 3.0',
        'deskfleet_web_threads{state="most"} 16.0',
        'deskfleet_ratings_total{rating="5"}',
    ):
        assert line in told


def test_no_metric_has_a_label_that_prometheus_or_an_attacker_would_fill() -> None:
    """`job` and `instance` are Prometheus' own; ids, addresses and texts have no bound."""
    unbounded = re.compile(r'[{,](job|instance|ticket_id|customer_id|user|path|url|email|model|text)="')
    wrong = [line for line in telemetry.exposition().decode().splitlines() if unbounded.search(line)]
    assert wrong == []
