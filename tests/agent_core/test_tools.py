"""Orders of the shop: whose are shown, and what happens when they cannot be read."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent_core.tools import LookUp, look_up_orders
from ingestion import intake
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_message, claimed_case
from tickets.contracts import Case

ORDER = {
    "order_id": "A-10423",
    "email": "alice@example.com",
    "status": "shipped",
    "carrier": "Example Post",
    "tracking_number": "EP1",
    "eta_in_days": 2,
    "total": "20.00",
    "currency": "USD",
    "items": [{"name": "Kettle", "quantity": 1}],
}
OTHER = ORDER | {"order_id": "A-10555", "email": "bob@example.com"}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The shop's file of one test."""
    file = tmp_path / "shop.json"
    file.write_text(json.dumps({"orders": [ORDER, OTHER]}))
    monkeypatch.setenv("DESKFLEET_AGENT_SHOP_FILE", str(file))
    settings.cache_clear()
    yield file
    settings.cache_clear()


@pytest.fixture
def case(run_jobs: CollectedJobs) -> Case:
    """Alice, for whom her channel vouches, names an order of hers and one of somebody else."""
    with transaction() as session:
        intake.receive(session, a_message(text="Where are A-10423 and A-10555?"))
    run_jobs.lose()
    return replace(claimed_case(), may_see_orders=True)


def test_only_the_customers_own_orders_are_found(shop: Path, case: Case) -> None:
    found = look_up_orders(case)
    assert [(one.order_id, one.total, one.items) for one in found.orders] == [
        ("A-10423", "20.00 USD", ("Kettle",))
    ]
    assert found.failure is None


def test_a_customer_for_whom_nobody_vouches_sees_no_order(shop: Path, case: Case) -> None:
    assert look_up_orders(replace(case, may_see_orders=False)) == LookUp()


@pytest.mark.parametrize(
    "written",
    [
        None,
        "no json",
        "[]",
        '{"orders": null}',
        '{"orders": ["alice@example.com"]}',
        '{"orders": [{"email": "alice@example.com", "order_id": "A-10423"}]}',
        json.dumps({"orders": [ORDER | {"eta_in_days": 10**12}]}),
    ],
)
def test_a_shop_that_cannot_be_read_is_a_failure_and_no_error(
    shop: Path, case: Case, written: str | None
) -> None:
    shop.unlink()
    if written is not None:
        shop.write_text(written)
    found = look_up_orders(case)
    assert found.orders == ()
    assert found.failure is not None
    assert "alice" not in found.failure


def test_a_bad_row_of_somebody_else_is_nobody_elses_failure(shop: Path, case: Case) -> None:
    shop.write_text(json.dumps({"orders": [{"email": "bob@example.com"}, ORDER]}))
    assert [one.order_id for one in look_up_orders(case).orders] == ["A-10423"]


def test_a_shop_is_not_asked_when_no_order_is_named(shop: Path, case: Case) -> None:
    shop.unlink()
    assert look_up_orders(replace(case, question="Hello")) == LookUp()


def test_orders_under_way_are_found_where_the_question_names_none(shop: Path, case: Case) -> None:
    rows = [ORDER, ORDER | {"order_id": "A-10424", "status": "delivered"}, OTHER]
    shop.write_text(json.dumps({"orders": rows}))
    unnamed = replace(case, question="Where is my parcel?")
    assert look_up_orders(unnamed) == LookUp()
    assert [one.order_id for one in look_up_orders(unnamed, open_ones=True).orders] == ["A-10423"]


def test_too_many_orders_under_way_answer_nothing(shop: Path, case: Case) -> None:
    shop.write_text(json.dumps({"orders": [ORDER | {"order_id": f"A-1042{n}"} for n in range(4)]}))
    assert look_up_orders(replace(case, question="Where is it?"), open_ones=True) == LookUp()
