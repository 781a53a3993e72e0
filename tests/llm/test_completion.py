import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from langchain_core.messages import BaseMessage

from llm.choices import Choice, Provider, configured
from llm.completed import Completion
from llm.completion import complete
from llm.failures import CallError, Fault
from llm.pricing import Usage
from llm.providers import model_for, opening
from llm.purposes import Purpose
from tests.llm.conftest import GOOD, Triage, Vendors
from tests.stubs.model_stub import Behaviour, dripping, ok, page, refusal, slow, text

LONG = {"category": "x" * 900, "confidence": 0.9}


def run(choice: Choice, *, first_token_s: float = 20, total_s: float = 20) -> Completion:
    messages: Sequence[BaseMessage] = opening(choice, "Classify.", "Where is it?", Triage)
    model = model_for(choice, Purpose.TRIAGE, Triage)
    return complete(model, messages, first_token_s=first_token_s, total_s=total_s)


def everywhere(vendors: Vendors, behaviour: Behaviour) -> list[Choice]:
    for stub in (vendors.claude, vendors.gpt, vendors.ollama):
        stub.then(behaviour)
    return configured()


def test_text_and_usage_are_the_same_for_every_vendor(vendors: Vendors) -> None:
    for choice in everywhere(vendors, replace(ok(GOOD), cache_read=50)):
        completion = run(choice)
        assert completion.text == ok(GOOD).answer
        assert completion.usage == Usage(input_tokens=150, output_tokens=20, cache_read=50)
        assert (completion.model, completion.fault()) == (choice.model, None)


@pytest.mark.parametrize(
    "behaviour",
    [
        slow(GOOD, first_token_after_s=60),
        slow(GOOD, first_token_after_s=60, ping_every_s=0.05),
    ],
    ids=["silent", "only pings"],
)
def test_the_limit_of_the_first_token_holds(vendors: Vendors, behaviour: Behaviour) -> None:
    for choice in everywhere(vendors, behaviour):
        started = time.monotonic()
        with pytest.raises(CallError, match="timeout"):
            run(choice, first_token_s=0.4)
        assert 0.4 <= time.monotonic() - started < 3


def test_the_limit_of_the_whole_holds_while_pieces_keep_coming(vendors: Vendors) -> None:
    for choice in everywhere(vendors, dripping(LONG, piece_every_s=0.1)):
        started = time.monotonic()
        with pytest.raises(CallError, match="timeout"):
            run(choice, total_s=0.6)
        assert 0.6 <= time.monotonic() - started < 3


def test_the_limit_of_the_first_token_ends_with_it(vendors: Vendors) -> None:
    for choice in everywhere(vendors, dripping(GOOD, piece_every_s=0.3)):
        assert run(choice, first_token_s=0.7).text == ok(GOOD).answer


def test_a_page_in_place_of_an_answer_is_garbled(vendors: Vendors) -> None:
    for choice in everywhere(vendors, page("<html>Maintenance</html>")):
        with pytest.raises(CallError, match="garbled"):
            run(choice)


def test_an_error_event_in_mid_stream_is_the_providers_fault(vendors: Vendors) -> None:
    overloaded = (
        'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'
    )
    for choice in everywhere(vendors, page(overloaded))[:2]:
        with pytest.raises(CallError, match="unavailable"):
            run(choice)


def test_a_stream_without_an_ending_is_cut_off(vendors: Vendors) -> None:
    vendors.gpt.then(replace(text("half"), stop="-"))
    vendors.gpt.then(page('data: {"id":"1","choices":[{"index":0,"delta":{"content":"half"}}]}\n\n'))
    run(Choice(Provider.OPENAI, "gpt-4.1-mini"))
    assert run(Choice(Provider.OPENAI, "gpt-4.1-mini")).fault() is Fault.CUT


def test_a_refusal_is_seen_whatever_the_text(vendors: Vendors) -> None:
    for choice in everywhere(vendors, refusal()):
        assert run(choice).fault() is Fault.REFUSED
