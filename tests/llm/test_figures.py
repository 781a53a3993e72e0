from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from llm import budget, records
from llm.figures import PromptSize, budget_states, forget_before, prompt_sizes
from llm.records import CallRecord
from runtime.database import transaction
from tests.llm.conftest import Configure

NOW = datetime.now(UTC)
CALL = CallRecord(
    at=NOW, purpose="triage", prompt_version="b", provider="anthropic", model="m", input_tokens=1000,
    output_tokens=50, cached_tokens=800, cost_usd=Decimal("0.002"), ms=1, first_token_ms=1, outcome="ok",
    ticket_id=None, customer_id=None, correlation_id="",
)  # fmt: skip


def test_prompt_sizes_are_told_by_purpose_and_version(configure: Configure) -> None:
    for row in (
        CALL,
        replace(CALL, input_tokens=3000, cached_tokens=0, cost_usd=Decimal("0.004")),
        replace(CALL, prompt_version="a", at=NOW - timedelta(days=2)),
        replace(CALL, purpose="reply", at=NOW - timedelta(days=40)),
        replace(CALL, input_tokens=0, outcome="unavailable"),
    ):
        records.write(row)
    with transaction() as session:
        newest, older = prompt_sizes(session)
    assert newest == PromptSize("triage", "b", 2, 2000, 3000, 3000, 0.2, 50, Decimal("0.003"))
    assert (older.prompt_version, older.calls, older.cached) == ("a", 1, 0.8)


def test_the_state_of_the_budgets_counts_what_is_under_way(configure: Configure) -> None:
    configure(DESKFLEET_LLM_BUDGET_DAY_USD="2", DESKFLEET_LLM_BUDGET_MONTH_USD="9")
    records.write(replace(CALL, cost_usd=Decimal("0.5")), budget.reserve(Decimal(1), hold_s=60))
    budget.reserve(Decimal("0.25"), hold_s=60)
    with transaction() as session:
        month, day = budget_states(session)
    assert month.name.startswith("month:")
    assert (day.limit_usd, day.spent_usd, day.reserved_usd) == (Decimal(2), Decimal("0.5"), Decimal("0.25"))


def test_old_rows_can_be_forgotten(configure: Configure) -> None:
    records.write(CALL)
    records.write(replace(CALL, at=NOW - timedelta(days=400)))
    with transaction() as session:
        assert forget_before(session, NOW - timedelta(days=365)) == 1
    with transaction() as session:
        assert [size.calls for size in prompt_sizes(session, days=9999)] == [1]
