"""Which questions share an answer, and which never do."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from llm import sharing
from llm.ask import Answer, Prompt, ask
from llm.payer import billed_to
from llm.purposes import Purpose
from llm.sharing import Found, normalised
from tests.llm.conftest import GOOD, Configure, Triage, Vendors
from tests.stubs.model_stub import dripping, ok, status

OFFLINE = Triage(category="general_inquiry", confidence=0.5)


def question(
    text: str = "Is the site down?", *, customer: int | None = 1, purpose: Purpose = Purpose.TRIAGE
) -> Answer[Triage]:
    prompt = Prompt(system="Classify.", user=text, version="1")
    with billed_to(ticket_id=customer, customer_id=customer):
        return ask(purpose, prompt, Triage, local=lambda: OFFLINE)


def all_at_once(customers: list[int | None], purpose: Purpose = Purpose.TRIAGE) -> list[Answer[Triage]]:
    with ThreadPoolExecutor(len(customers)) as pool:
        return list(pool.map(lambda customer: question(customer=customer, purpose=purpose), customers))


def test_equal_questions_that_wait_share_one_call(vendors: Vendors) -> None:
    vendors.claude.otherwise = lambda _request: dripping(GOOD, piece_every_s=0.2)
    answers = all_at_once([1, 2, 3, 4, 5])
    assert vendors.requests() == (1, 0, 0)
    assert [one.value.category for one in answers] == ["shipping"] * 5
    assert sorted(one.is_shared for one in answers) == [False, True, True, True, True]
    assert sum(one.cost_usd for one in answers) == max(one.cost_usd for one in answers) > 0


def test_a_prompt_that_may_be_personal_is_never_shared_between_customers(vendors: Vendors) -> None:
    vendors.claude.otherwise = lambda _request: dripping(GOOD, piece_every_s=0.1)
    answers = all_at_once([1, 2, None, None], Purpose.REPLY)
    assert vendors.requests() == (4, 0, 0)
    assert not any(one.is_shared for one in answers)


def test_the_same_customers_waiting_questions_are_shared_but_not_used_again(
    vendors: Vendors, configure: Configure
) -> None:
    configure(DESKFLEET_LLM_REUSE_S="60")
    vendors.claude.otherwise = lambda _request: dripping(GOOD, piece_every_s=0.1)
    assert [one.is_shared for one in all_at_once([1, 1], Purpose.REPLY)].count(True) == 1
    assert not question(purpose=Purpose.REPLY).is_shared
    assert vendors.requests() == (2, 0, 0)


def test_a_fresh_answer_is_used_again_for_a_while(vendors: Vendors, configure: Configure) -> None:
    configure(DESKFLEET_LLM_REUSE_S="0.6")
    vendors.claude.otherwise = lambda _request: ok(GOOD)
    assert not question(customer=1).is_shared
    again = question("Is the  Site down?", customer=2)
    assert (again.is_shared, again.provider, again.cost_usd) == (True, "anthropic", Decimal(0))
    time.sleep(0.7)
    assert not question(customer=3).is_shared
    assert vendors.requests() == (2, 0, 0)


@pytest.mark.parametrize("other", ["Is the site up?", "IS THE SITE DOWN?", "Is the site 2 down?"])
def test_another_question_is_asked_by_itself(vendors: Vendors, configure: Configure, other: str) -> None:
    configure(DESKFLEET_LLM_REUSE_S="60")
    vendors.claude.otherwise = lambda _request: ok(GOOD)
    question()
    assert not question(other).is_shared


def test_an_offline_answer_is_not_shared(vendors: Vendors, configure: Configure) -> None:
    configure(
        DESKFLEET_LLM_REUSE_S="60", DESKFLEET_OPENAI_URL="http://127.0.0.1:9/v1", DESKFLEET_COMPATIBLE_URL=""
    )
    vendors.claude.then(status(500), ok(GOOD))
    assert question().provider == "local"
    assert question().provider == "anthropic"


def test_when_the_one_that_asks_fails_the_others_ask_for_themselves() -> None:
    started, failing = threading.Event(), threading.Event()

    def finds() -> Found[Triage] | None:
        return None

    def fails() -> Found[Triage] | None:
        started.set()
        failing.wait(5)
        raise LookupError("no model")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sharing.once, "key", Purpose.TRIAGE, fails, wait_s=5)
        started.wait(5)
        second = pool.submit(sharing.once, "key", Purpose.TRIAGE, finds, wait_s=5)
        failing.set()
        with pytest.raises(LookupError):
            first.result()
        assert second.result() == (None, False)
    assert sharing._flights == {}


def test_who_takes_a_shared_answer_cannot_change_anothers(vendors: Vendors, configure: Configure) -> None:
    configure(DESKFLEET_LLM_REUSE_S="60")
    vendors.claude.then(ok(GOOD))
    question().value.category = "changed"
    question().value.category = "changed too"
    assert question().value.category == "shipping"


def test_only_so_many_answers_are_kept(
    vendors: Vendors, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(DESKFLEET_LLM_REUSE_S="60")
    monkeypatch.setattr(sharing, "_MOST_KEPT", 2)
    vendors.claude.otherwise = lambda _request: ok(GOOD)
    for number in range(4):
        question(f"Question {number}?")
    assert len(sharing._kept) == 2
    assert question("Question 3?").is_shared
    assert not question("Question 0?").is_shared


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Where is my order?\n", "where  is my order?", True),
        ("Ｗｈｅｒｅ is it?", "where is it?", True),
        ("WHERE is it?", "Where is it?", False),
        ("I paid 50", "I paid 500", False),
        ("I paid -5", "I paid 5", False),
    ],
)
def test_spacing_and_case_make_no_difference_but_shouting_and_numbers_do(
    one: str, other: str, same: bool
) -> None:
    assert (normalised(one) == normalised(other)) is same
