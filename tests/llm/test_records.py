"""Every call leaves a row, whatever became of it; no row is worth a call."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from llm import records
from llm.ask import Prompt, ask
from llm.models import LlmCall
from llm.payer import billed_to
from llm.purposes import Purpose
from runtime import correlation
from runtime.database import transaction
from tests.llm.conftest import GOOD, Configure, Triage, Vendors
from tests.stubs.model_stub import (
    cut,
    dripping,
    empty,
    malformed,
    ok,
    refusal,
    slow,
    status,
)  # fmt: skip

PROMPT = Prompt(system="Classify.", user="Where is my parcel?", version="abc123")
LONG = {"category": "x" * 900, "confidence": 0.9}


def triage(ticket_id: int | None = 7) -> None:
    with billed_to(ticket_id=ticket_id, customer_id=5), correlation.correlate("corr-1234"):
        ask(Purpose.TRIAGE, PROMPT, Triage, local=lambda: Triage(category="-", confidence=0))


def calls() -> list[LlmCall]:
    with transaction() as session:
        return list(session.scalars(select(LlmCall).order_by(LlmCall.id)))


def test_a_row_says_who_was_asked_for_what_and_what_it_took(vendors: Vendors) -> None:
    vendors.claude.then(replace(ok(GOOD), cache_read=400))
    triage()
    [row] = calls()
    assert (row.purpose, row.prompt_version, row.provider) == ("triage", "abc123", "anthropic")
    assert (row.model, row.outcome) == ("claude-sonnet-4-6", "ok")
    assert (row.input_tokens, row.output_tokens, row.cached_tokens) == (500, 20, 400)
    assert float(row.cost_usd) == pytest.approx((100 * 3 + 400 * 0.3 + 20 * 15) / 1e6)
    assert (row.ticket_id, row.customer_id, row.correlation_id) == (7, 5, "corr-1234")
    assert 0 <= (row.first_token_ms or 0) <= row.ms


def test_every_way_to_fail_is_an_outcome(vendors: Vendors, configure: Configure) -> None:
    configure(DESKFLEET_LLM_TIMEOUT_S="4.0")
    truncated = replace(malformed(), stop="max_tokens")
    behaviours = {
        "rate_limited": status(429), "unavailable": status(529), "no_access": status(401),
        "rejected": status(400), "refused": refusal(), "empty": empty(), "truncated": truncated,
        "timeout": slow(GOOD, first_token_after_s=60, ping_every_s=0.1),
    }  # fmt: skip
    vendors.gpt.otherwise = lambda _request: ok(GOOD)
    for behaviour in behaviours.values():
        configure()  # The breaker closes.
        vendors.claude.then(behaviour)
        triage()
    assert [row.outcome for row in calls() if row.provider == "anthropic"] == list(behaviours)
    assert [row.outcome for row in calls() if row.provider == "openai"] == ["ok"] * len(behaviours)


def test_an_invalid_answer_and_its_repair_are_two_rows(vendors: Vendors) -> None:
    vendors.claude.then(malformed(), ok(GOOD))
    triage()
    assert [(row.outcome, row.output_tokens) for row in calls()] == [("invalid", 20), ("ok", 20)]


def test_a_stream_cut_in_the_middle_is_billed_for_what_was_sent_and_written(vendors: Vendors) -> None:
    vendors.claude.then(cut(LONG, after_pieces=30))
    vendors.gpt.then(cut(LONG, after_pieces=30))
    vendors.ollama.then(ok(GOOD))
    triage()
    claude, gpt, _ollama = calls()
    for row in (claude, gpt):
        assert row.outcome == "unavailable"
        assert row.output_tokens >= 30 * 12 / 3
        assert row.input_tokens > 0
        assert row.cost_usd > 0


def test_an_answer_given_up_for_its_length_is_billed(vendors: Vendors, configure: Configure) -> None:
    configure(
        DESKFLEET_LLM_TIMEOUT_S="1.0",
        DESKFLEET_OPENAI_URL="http://127.0.0.1:9/v1",
        DESKFLEET_COMPATIBLE_URL="",
    )
    vendors.claude.then(dripping(LONG, piece_every_s=0.1))
    triage()
    row = calls()[0]
    assert (row.outcome, row.provider) == ("timeout", "anthropic")
    assert row.output_tokens > 20
    assert row.cost_usd > 0


def test_a_call_that_never_began_costs_nothing(vendors: Vendors) -> None:
    vendors.claude.then(status(529))
    vendors.gpt.then(ok(GOOD))
    triage()
    assert calls()[0].cost_usd == 0


def test_an_offline_answer_to_a_ticket_is_a_row_too(configure: Configure) -> None:
    triage()
    triage(ticket_id=None)
    [row] = calls()
    assert (row.provider, row.model, row.outcome, row.cost_usd) == ("local", "local", "ok", Decimal(0))


def test_a_database_that_is_away_fails_no_call_and_gets_the_rows_later(
    vendors: Vendors, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="1")
    vendors.claude.otherwise = lambda _request: ok(GOOD)
    triage()
    with transaction() as session:
        session.execute(text("alter table llm_calls rename to llm_calls_away"))
    try:
        for _ in range(2):
            triage()
    finally:
        with transaction() as session:
            session.execute(text("alter table llm_calls_away rename to llm_calls"))
    assert "waits for the database" in caplog.text
    assert len(calls()) == 1
    triage()
    assert len(calls()) == 4
    assert len(records._waiting) == 0
    with transaction() as session:
        paid = session.scalar(text("select sum(cost_usd) from llm_calls"))
        assert session.scalar(text("select spent_usd from llm_budgets")) == paid
        assert session.scalar(text("select count(*) from llm_reservations")) == 0


def test_nothing_of_the_prompt_is_in_the_row(vendors: Vendors) -> None:
    vendors.claude.then(ok(GOOD))
    triage()
    with transaction() as session:
        row = session.scalar(text("select row_to_json(llm_calls)::text from llm_calls"))
    assert "parcel" not in str(row)
    assert "Classify" not in str(row)
