"""Reservations, settlements and warnings on a real database; then whole questions under a budget."""

import logging
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from llm import budget, records
from llm.ask import Answer, Prompt, ask
from llm.budget import BudgetSpent, Reservation, Scope
from llm.failures import CallError
from llm.payer import Payer, billed_to
from llm.purposes import Purpose
from llm.records import CallRecord
from runtime import events
from runtime.database import transaction
from runtime.telemetry import exposition
from tests.llm.conftest import GOOD, Configure, Triage, Vendors
from tests.stubs.model_stub import dripping, ok, status

Heard = list[dict[str, str | int]]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """The budget events."""
    found: Heard = []
    stop = events.subscribe(lambda topic, body: found.append(body) if topic == "budget.warned" else None)
    yield found
    stop()


def settle(reservation: Reservation, cost: str) -> None:
    with transaction() as session:
        budget.settle(session, reservation, Decimal(cost))


def rows(statement: str) -> list[tuple[object, ...]]:
    with transaction() as session:
        return [tuple(row) for row in session.execute(text(statement))]


def spent() -> dict[object, object]:
    return dict(rows("select name, spent_usd from llm_budgets"))  # type: ignore[arg-type]  # pairs


def a_record(cost: str, *, ticket_id: int | None = None) -> CallRecord:
    return CallRecord(
        at=datetime.now(UTC), purpose="triage", prompt_version="1", provider="anthropic", model="m",
        input_tokens=1, output_tokens=1, cached_tokens=0, cost_usd=Decimal(cost), ms=1, first_token_ms=1,
        outcome="ok", ticket_id=ticket_id, customer_id=None, correlation_id="",
    )  # fmt: skip


def test_a_call_is_paid_from_every_budget_that_is_set(configure: Configure) -> None:
    configure(
        DESKFLEET_LLM_BUDGET_TICKET_USD="1",
        DESKFLEET_LLM_BUDGET_CUSTOMER_USD="2",
        DESKFLEET_LLM_BUDGET_DAY_USD="3",
    )
    found = budget.budgets(Payer(ticket_id=7, customer_id=5), date(2026, 11, 3))
    assert [(one.name, one.limit) for one in found] == [
        ("customer:5:2026-11-03", Decimal(2)), ("day:2026-11-03", Decimal(3)), ("ticket:7", Decimal(1))
    ]  # fmt: skip
    assert [one.scope for one in budget.budgets(Payer(), date(2026, 11, 3))] == [Scope.DAY]


def test_without_a_limit_nothing_is_reserved(configure: Configure) -> None:
    assert budget.reserve(Decimal(5), hold_s=60).budgets == ()
    assert rows("select * from llm_budgets") == []


def test_200_workers_at_the_limit_overspend_nothing(configure: Configure) -> None:
    """Room for 50 calls of 2 cents under way; each costs 1 cent in the end, so there is room for 99."""
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="1", DESKFLEET_LLM_BUDGET_MONTH_USD="5")
    made: list[Decimal] = []
    most: list[Decimal] = []
    ready = threading.Barrier(200)

    def work() -> None:
        ready.wait()
        for _ in range(3):
            try:
                reservation = budget.reserve(Decimal("0.02"), hold_s=60)
            except CallError:
                continue
            with transaction() as session:
                total = session.scalar(
                    text("select (select coalesce(sum(amount_usd), 0) from llm_reservations where budget like 'day:%')"
                         " + (select spent_usd from llm_budgets where name like 'day:%')")
                )  # fmt: skip
            most.append(Decimal(total or 0))
            settle(reservation, "0.01")
            made.append(Decimal("0.01"))

    threads = [threading.Thread(target=work) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) <= 1
    assert 50 <= len(made) <= 99
    assert set(spent().values()) == {sum(made)}
    assert rows("select * from llm_reservations") == []


def test_of_200_at_once_exactly_those_with_room_are_let_in(configure: Configure) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="1")
    let_in: list[Reservation] = []
    refusals: list[str] = []
    ready = threading.Barrier(200)

    def work() -> None:
        ready.wait()
        try:
            let_in.append(budget.reserve(Decimal("0.03"), hold_s=60))
        except CallError as refused:
            refusals.append(refused.fault.value)

    threads = [threading.Thread(target=work) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_in) == 33
    assert refusals == ["budget"] * 167
    assert rows("select sum(amount_usd) from llm_reservations") == [(Decimal("0.99"),)]


def test_one_full_budget_reserves_nothing_in_the_others(configure: Configure) -> None:
    configure(DESKFLEET_LLM_BUDGET_TICKET_USD="0.01", DESKFLEET_LLM_BUDGET_DAY_USD="10")
    with billed_to(ticket_id=1, customer_id=None), pytest.raises(CallError, match="budget"):
        budget.reserve(Decimal("0.02"), hold_s=60)
    assert rows("select * from llm_reservations") == []
    with billed_to(ticket_id=2, customer_id=None):
        assert len(budget.reserve(Decimal("0.01"), hold_s=60).budgets) == 2


def test_what_a_dead_worker_reserved_is_free_again_after_its_time(configure: Configure) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="1")
    budget.reserve(Decimal(1), hold_s=60)
    with pytest.raises(CallError):
        budget.reserve(Decimal(1), hold_s=60)
    with transaction() as session:
        session.execute(text("update llm_reservations set expires_at = now() - interval '1 second'"))
    assert budget.reserve(Decimal(1), hold_s=60).budgets


def test_a_settlement_that_comes_late_still_counts(configure: Configure) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="1")
    late = budget.reserve(Decimal(1), hold_s=-1)
    settle(late, "0.4")
    assert list(spent().values()) == [Decimal("0.4")]


def test_each_warning_is_given_once(
    configure: Configure, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="1")
    caplog.set_level(logging.WARNING, "llm.budget")
    for _ in range(19):
        settle(budget.reserve(Decimal("0.05"), hold_s=60), "0.05")
    for _ in range(2):
        with pytest.raises(CallError):
            budget.reserve(Decimal("0.06"), hold_s=60)
    settle(budget.reserve(Decimal("0.05"), hold_s=60), "0.05")
    assert [one["percent"] for one in heard] == [80, 90, 100]
    assert {one["scope"] for one in heard} == {"day"}
    name = f"day:{datetime.now(UTC).date()}"
    assert [record.getMessage() for record in caplog.records] == [
        f"{percent} % of the budget {name} is used" for percent in (80, 90, 100)
    ]
    metrics = exposition().decode()
    assert 'deskfleet_budget_warnings_total{percent="90",scope="day"}' in metrics
    assert 'deskfleet_budget_used_share{scope="day"} 1.0' in metrics


def test_a_warning_passed_over_in_one_step_is_not_told_on_top(configure: Configure, heard: Heard) -> None:
    configure(DESKFLEET_LLM_BUDGET_MONTH_USD="1")
    settle(budget.reserve(Decimal("0.95"), hold_s=60), "0.95")
    assert [one["percent"] for one in heard] == [90]


def test_a_limit_that_is_raised_warns_anew(configure: Configure, heard: Heard) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="1")
    settle(budget.reserve(Decimal("0.9"), hold_s=60), "0.9")
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="2")
    settle(budget.reserve(Decimal("0.8"), hold_s=60), "0.8")
    assert [one["percent"] for one in heard] == [90, 80]


def test_others_reservations_refuse_but_do_not_warn(configure: Configure, heard: Heard) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="1")
    budget.reserve(Decimal("0.9"), hold_s=60)
    with pytest.raises(CallError):
        budget.reserve(Decimal("0.2"), hold_s=60)
    assert heard == []


def test_a_limit_set_in_mid_month_counts_what_was_spent_before(configure: Configure) -> None:
    records.write(a_record("0.75", ticket_id=1))
    configure(DESKFLEET_LLM_BUDGET_MONTH_USD="1", DESKFLEET_LLM_BUDGET_TICKET_USD="1")
    with billed_to(ticket_id=2, customer_id=None), pytest.raises(CallError):
        budget.reserve(Decimal("0.5"), hold_s=60)
    assert {str(name)[:6]: cost for name, cost in spent().items()} == {"month:": Decimal("0.75"), "ticket": 0}


def test_a_database_that_does_not_answer_lets_no_paid_call_through(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="1")
    with transaction() as session:
        session.execute(text("alter table llm_budgets rename to llm_budgets_away"))
    try:
        with pytest.raises(CallError, match="budget"):
            budget.reserve(Decimal("0.1"), hold_s=60)
    finally:
        with transaction() as session:
            session.execute(text("alter table llm_budgets_away rename to llm_budgets"))


# Whole questions.

OFFLINE = Triage(category="general_inquiry", confidence=0.5)
PROMPT = Prompt(system="Classify the message.", user="Where is my parcel?", version="abc123")


def triage(*, ticket_id: int = 7) -> Answer[Triage]:
    prompt = replace(PROMPT, user=f"{PROMPT.user} My number is {ticket_id}.")
    with billed_to(ticket_id=ticket_id, customer_id=5):
        return ask(Purpose.TRIAGE, prompt, Triage, local=lambda: OFFLINE)


def test_a_call_reserves_its_worst_case_and_settles_what_it_cost(
    vendors: Vendors, configure: Configure
) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="1")
    vendors.claude.then(dripping(GOOD, piece_every_s=0.2))
    asking = threading.Thread(target=triage)
    asking.start()
    while not vendors.claude.received:
        asking.join(0.01)
    [(worst,)] = rows("select amount_usd from llm_reservations")
    asking.join()
    assert rows("select * from llm_reservations") == []
    assert list(spent().values()) == [Decimal(100 * 3 + 20 * 15) / 1_000_000]
    # 512 tokens of output, and at most as many of input as there are bytes.
    assert Decimal(512 * 15) / 1_000_000 < Decimal(str(worst)) < Decimal("0.02")


def test_the_ladder_is_a_cheaper_model_then_the_next_provider_then_the_template(
    vendors: Vendors, configure: Configure
) -> None:
    configure(DESKFLEET_COMPATIBLE_URL="", DESKFLEET_LLM_BUDGET_DAY_USD="0.011")
    vendors.claude.otherwise = vendors.gpt.otherwise = lambda _request: ok(GOOD)
    first = triage()
    assert (first.provider, first.model) == ("anthropic", "claude-haiku-4-5")
    assert first.attempts == ("anthropic: budget",)
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="0.003")
    second = triage()
    assert (second.provider, second.attempts) == ("openai", ("anthropic: budget", "anthropic: budget"))
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="0.001")
    third = triage()
    assert (third.provider, third.value, third.is_over_budget) == ("local", OFFLINE, True)
    assert vendors.requests() == (1, 1, 0)


def test_a_server_of_ones_own_costs_nothing_and_is_asked_whatever_was_spent(
    vendors: Vendors, configure: Configure
) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="0.0001")
    vendors.ollama.then(ok(GOOD))
    assert triage().provider == "compatible"


def test_staff_answer_instead_of_the_template_where_the_settings_say_so(
    vendors: Vendors, configure: Configure
) -> None:
    configure(
        DESKFLEET_COMPATIBLE_URL="",
        DESKFLEET_LLM_BUDGET_TICKET_USD="0.0001",
        DESKFLEET_LLM_WHEN_SPENT="staff",
    )
    with pytest.raises(BudgetSpent, match="used up"):
        triage()


def test_staff_are_not_called_for_a_vendor_that_is_down(vendors: Vendors, configure: Configure) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="100", DESKFLEET_LLM_WHEN_SPENT="staff")
    for stub in (vendors.claude, vendors.gpt, vendors.ollama):
        stub.otherwise = lambda _request: status(500)
    assert triage().provider == "local"


def test_many_threads_under_a_small_budget_spend_no_more_than_it(
    vendors: Vendors, configure: Configure
) -> None:
    """The stub bills 100 and 20 tokens a call: 0.0006 dollars with Claude's model, less with cheaper ones."""
    limit = Decimal("0.02")
    configure(DESKFLEET_LLM_BUDGET_DAY_USD=str(limit), DESKFLEET_COMPATIBLE_URL="")
    vendors.claude.otherwise = vendors.gpt.otherwise = lambda _request: ok(GOOD)
    providers: list[str] = []
    threads = [
        threading.Thread(target=lambda n: providers.append(triage(ticket_id=n).provider), args=(number,))
        for number in range(60)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [(paid,)] = rows("select sum(cost_usd) from llm_calls")
    assert Decimal(str(paid)) <= limit
    assert list(spent().values()) == [paid]
    assert len(providers) == 60
    assert {"local"} < set(providers)


def test_reservations_of_different_calls_are_told_apart(configure: Configure) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="1")
    one, two = budget.reserve(Decimal("0.2"), hold_s=60), budget.reserve(Decimal("0.3"), hold_s=60)
    settle(one, "0")
    assert rows("select call_id, amount_usd from llm_reservations") == [(two.call_id, Decimal("0.3"))]
    assert isinstance(two.call_id, uuid.UUID)
