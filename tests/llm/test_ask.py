import logging
from dataclasses import replace
from decimal import Decimal

import pytest

from llm.ask import Answer, Prompt, ask
from llm.breaker import breaker
from llm.circuit import Position
from llm.purposes import Purpose
from tests.llm.conftest import ANTHROPIC_KEY, GOOD, OPENAI_KEY, Configure, Triage, Vendors
from tests.stubs.model_stub import (
    Behaviour,
    cut,
    empty,
    malformed,
    ok,
    refusal,
    slow,
    status,
    text,
)  # fmt: skip

SECRET_TEXT = "My parcel from Wonderland is late"
PROMPT = Prompt(system="Classify the message.", user=SECRET_TEXT, version="abc123")
OFFLINE = Triage(category="general_inquiry", confidence=0.5)


def triage() -> Answer[Triage]:
    return ask(Purpose.TRIAGE, PROMPT, Triage, local=lambda: OFFLINE)


def test_claude_answers_first(vendors: Vendors) -> None:
    vendors.claude.then(ok(GOOD))
    answer = triage()
    assert answer.value == Triage(category="shipping", confidence=0.9)
    assert (answer.provider, answer.model, answer.prompt_version) == (
        "anthropic",
        "claude-sonnet-4-6",
        "abc123",
    )
    assert answer.attempts == ()
    assert vendors.requests() == (1, 0, 0)


def test_without_any_key_the_local_function_answers_at_no_cost(configure: Configure) -> None:
    answer = triage()
    assert answer.value == OFFLINE
    assert (answer.provider, answer.cost_usd, answer.input_tokens) == ("local", Decimal(0), 0)


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        (status(529), "unavailable"),
        (status(500), "unavailable"),
        (status(429, retry_after="3"), "rate_limited"),
        (status(400), "rejected"),
        (status(413), "rejected"),
        (status(401), "no_access"),
        (cut(GOOD), "unavailable"),
        (refusal(), "refused"),
        (empty(), "empty"),
        (replace(malformed(), stop="max_tokens"), "truncated"),
    ],
    ids=["529", "500", "429", "400", "413", "401", "cut", "refusal", "empty", "truncated"],
)
def test_when_claude_fails_gpt_answers(vendors: Vendors, behaviour: Behaviour, fault: str) -> None:
    vendors.claude.then(behaviour)
    vendors.gpt.then(ok(GOOD))
    answer = triage()
    assert answer.value.category == "shipping"
    assert (answer.provider, answer.attempts) == ("openai", (f"anthropic: {fault}",))
    assert vendors.requests() == (1, 1, 0)


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        (status(529), "unavailable"),
        (status(500), "unavailable"),
        (status(429, retry_after="3"), "rate_limited"),
        (cut(GOOD), "unavailable"),
        (refusal(), "refused"),
        (empty(), "empty"),
        (replace(malformed(), stop="length"), "truncated"),
        (slow(GOOD, first_token_after_s=60, ping_every_s=0.1), "timeout"),
    ],
    ids=["529", "500", "429", "cut", "refusal", "empty", "truncated", "slow first token"],
)
def test_when_gpt_fails_as_well_the_next_one_answers(
    vendors: Vendors, configure: Configure, behaviour: Behaviour, fault: str
) -> None:
    configure(DESKFLEET_LLM_TIMEOUT_S="2.0")
    vendors.claude.then(status(400))
    vendors.gpt.then(behaviour)
    vendors.ollama.then(ok(GOOD))
    answer = triage()
    assert answer.attempts == ("anthropic: rejected", f"openai: {fault}")
    assert (answer.provider, vendors.requests()) == ("compatible", (1, 1, 1))


def test_when_claude_and_gpt_fail_the_compatible_server_answers(vendors: Vendors) -> None:
    vendors.claude.then(status(500))
    vendors.gpt.then(status(503))
    vendors.ollama.then(ok(GOOD))
    answer = triage()
    assert (answer.provider, answer.model, answer.cost_usd) == ("compatible", "llama3.1", Decimal(0))


def test_when_all_are_down_the_local_function_answers(vendors: Vendors, configure: Configure) -> None:
    nowhere = "http://127.0.0.1:9"
    configure(
        DESKFLEET_ANTHROPIC_URL=nowhere,
        DESKFLEET_OPENAI_URL=f"{nowhere}/v1",
        DESKFLEET_COMPATIBLE_URL=f"{nowhere}/v1",
    )
    answer = triage()
    assert (answer.provider, answer.value) == ("local", OFFLINE)
    down = ("anthropic: unavailable", "openai: unavailable", "compatible: unavailable")
    assert answer.attempts == (*down, "compatible: unavailable"), "the last one is tried twice"


def test_a_slow_first_token_makes_the_next_one_answer(vendors: Vendors, configure: Configure) -> None:
    configure(DESKFLEET_LLM_TIMEOUT_S="1.0")
    vendors.claude.then(slow(GOOD, first_token_after_s=60, ping_every_s=0.1))
    vendors.gpt.then(ok(GOOD))
    answer = triage()
    assert (answer.provider, answer.attempts) == ("openai", ("anthropic: timeout",))
    assert 1000 <= answer.ms < 5000


def test_a_malformed_answer_is_repaired_once(vendors: Vendors) -> None:
    vendors.claude.then(malformed(), ok(GOOD))
    answer = triage()
    assert (answer.provider, answer.attempts) == ("anthropic", ("anthropic: invalid",))
    assert (answer.input_tokens, answer.output_tokens) == (200, 40)
    repair = vendors.claude.received[1].body["messages"]
    assert [message["role"] for message in repair] == ["user", "assistant", "user"]
    assert "does not fit its schema" in str(repair[2])


def test_the_repair_names_the_wrong_field(vendors: Vendors) -> None:
    vendors.claude.then(ok({"category": "shipping", "confidence": 7}), ok(GOOD))
    assert triage().value.confidence == 0.9
    assert "confidence: Input should be less than or equal to 1" in str(vendors.claude.received[1].body)


def test_an_answer_that_stays_invalid_goes_to_the_next_provider(vendors: Vendors) -> None:
    vendors.claude.then(malformed(), malformed())
    vendors.gpt.then(malformed(), text("no JSON at all"))
    vendors.ollama.then(text(f"Here you are:\n```json\n{ok(GOOD).answer}\n```"))
    answer = triage()
    assert answer.provider == "compatible"
    assert answer.attempts == tuple(f"{name}: invalid" for name in ("anthropic",) * 2 + ("openai",) * 2)


def test_invalid_answers_do_not_open_the_breaker(vendors: Vendors) -> None:
    vendors.claude.then(*[malformed()] * 8)
    for _ in range(4):
        triage()
    assert breaker("anthropic").position() is Position.CLOSED


def test_three_failures_in_a_row_open_the_breaker(vendors: Vendors) -> None:
    vendors.claude.then(status(500), status(529), cut(GOOD), ok(GOOD))
    vendors.gpt.then(*[ok(GOOD)] * 4)
    for _ in range(3):
        triage()
    assert breaker("anthropic").position() is Position.OPEN
    assert triage().attempts == ("anthropic: breaker_open",)
    assert len(vendors.claude.received) == 3


def test_retry_after_opens_the_breaker_at_once(vendors: Vendors) -> None:
    vendors.claude.then(status(429, retry_after="120"), ok(GOOD))
    vendors.gpt.then(ok(GOOD), ok(GOOD))
    triage()
    assert triage().attempts == ("anthropic: breaker_open",)
    assert len(vendors.claude.received) == 1


def test_what_the_local_function_raises_is_raised(configure: Configure) -> None:
    def broken() -> Triage:
        raise LookupError("no model file")

    with pytest.raises(LookupError, match="no model file"):
        ask(Purpose.TRIAGE, PROMPT, Triage, local=broken)


def test_the_cost_counts_cached_tokens_and_failed_attempts(vendors: Vendors) -> None:
    wrong = replace(malformed(), input_tokens=1000, output_tokens=100, cache_read=2000, cache_write=500)
    vendors.claude.then(wrong, wrong)
    vendors.gpt.then(replace(ok(GOOD), input_tokens=1000, output_tokens=100, cache_read=2000))
    answer = triage()
    claude = Decimal(1000 * 3 + 100 * 15) + 2000 * Decimal("0.30") + 500 * Decimal("3.75")
    gpt = 1000 * Decimal("0.40") + 100 * Decimal("1.60") + 2000 * Decimal("0.10")
    assert answer.cost_usd == (2 * claude + gpt) / 1_000_000
    assert (answer.input_tokens, answer.output_tokens) == (2 * 3500 + 3000, 300)


def test_neither_keys_nor_texts_reach_the_logs(vendors: Vendors, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    vendors.claude.then(status(400), malformed(), malformed(), status(429, retry_after="9"))
    vendors.gpt.then(status(500), cut(GOOD), refusal())
    for _ in range(3):
        triage()
    assert "anthropic gives no answer for triage: rejected" in caplog.text
    for hidden in (ANTHROPIC_KEY, OPENAI_KEY, SECRET_TEXT, PROMPT.system, "confiden"):
        assert hidden not in caplog.text


def only_claude(configure: Configure) -> None:
    configure(OPENAI_API_KEY="", DESKFLEET_COMPATIBLE_URL="")


@pytest.mark.parametrize("code", [429, 503, 529])
def test_the_last_provider_is_asked_again_where_it_had_done_nothing(
    vendors: Vendors, configure: Configure, code: int
) -> None:
    only_claude(configure)
    vendors.claude.then(status(code), ok(GOOD))
    answer = triage()
    assert (answer.provider, len(vendors.claude.received)) == ("anthropic", 2)
    assert len(answer.attempts) == 1


@pytest.mark.parametrize(
    "behaviour",
    [status(500), status(400), cut(GOOD), refusal(), empty()],
    ids=["500", "400", "cut", "refusal", "empty"],
)
def test_what_may_have_been_paid_for_is_not_asked_again(
    vendors: Vendors, configure: Configure, behaviour: Behaviour
) -> None:
    only_claude(configure)
    vendors.claude.then(behaviour, ok(GOOD))
    assert triage().provider == "local"
    assert len(vendors.claude.received) == 1


def test_a_short_retry_after_is_waited_for_by_the_last_provider(
    vendors: Vendors, configure: Configure
) -> None:
    only_claude(configure)
    vendors.claude.then(status(429, retry_after="1"), ok(GOOD))
    answer = triage()
    assert (answer.provider, answer.attempts) == ("anthropic", ("anthropic: rate_limited",))
    assert 1000 <= answer.ms < 4000


def test_a_long_retry_after_is_not_waited_for(vendors: Vendors, configure: Configure) -> None:
    only_claude(configure)
    vendors.claude.then(status(429, retry_after="20"))
    answer = triage()
    assert (answer.provider, answer.ms < 2000) == ("local", True)
