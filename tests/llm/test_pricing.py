import logging
from decimal import Decimal

import pytest

from llm.pricing import Usage, cost
from runtime.llm_settings import LlmSettings

MILLION = Usage(input_tokens=1_000_000, output_tokens=1_000_000)


def test_input_and_output_are_priced_apart() -> None:
    assert cost(MILLION, "claude-sonnet-4-6") == Decimal(18)
    assert cost(MILLION, "gpt-4.1-mini") == Decimal("2.00")


def test_cached_input_is_priced_as_such() -> None:
    usage = Usage(input_tokens=1_000_000, cache_read=600_000, cache_write=300_000)
    expected = Decimal("0.1") * 3 + Decimal("0.6") * Decimal("0.30") + Decimal("0.3") * Decimal("3.75")
    assert cost(usage, "claude-sonnet-4-6") == expected


def test_a_dated_model_costs_as_the_undated_one() -> None:
    assert cost(MILLION, "claude-haiku-4-5-20251001") == cost(MILLION, "claude-haiku-4-5") == Decimal(6)
    assert cost(MILLION, "gpt-4.1-2025-04-14") == Decimal(10)


def test_an_unknown_model_costs_the_most_and_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert cost(MILLION, "gpt-99-unheard-of") == Decimal(90)
    cost(MILLION, "gpt-99-unheard-of")
    assert len(caplog.records) == 1
    assert "gpt-99-unheard-of" in caplog.text


def test_a_self_hosted_model_costs_nothing_unless_it_is_in_the_table() -> None:
    assert cost(MILLION, "llama3.1", self_hosted=True) == 0
    assert cost(MILLION, "gpt-4.1", self_hosted=True) == Decimal(10)


@pytest.mark.parametrize("field", ["anthropic_model", "openai_model"])
def test_the_default_models_have_a_price(field: str, caplog: pytest.LogCaptureFixture) -> None:
    cost(MILLION, LlmSettings.model_fields[field].default)
    assert caplog.records == []
