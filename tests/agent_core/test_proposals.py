"""Limits of what can be proposed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from agent_core.proposals import Refused, Wish, propose
from agent_core.shop_contract import ShopOrder
from tickets.action_kinds import ActionKind, Document, Proposal

ORDER = ShopOrder(
    order_id="A-1001",
    status="processing",
    carrier="",
    tracking_number="",
    eta=None,
    ordered_at=datetime.now(UTC) - timedelta(days=3),
    total=Decimal("49.00"),
    refunded=Decimal("9.00"),
    currency="EUR",
    items=("Kettle",),
)
LATER = replace(ORDER, order_id="A-1002")


def asked(wish: Wish, *orders: ShopOrder) -> Proposal | Refused:
    return propose(wish, orders or (ORDER,), language="en", refund_days=30)


def test_a_refund_without_an_amount_is_what_is_left() -> None:
    found = asked(Wish(ActionKind.REFUND, order_id="a-1001"))
    assert isinstance(found, Proposal)
    assert found.arguments.model_dump(mode="json") == {
        "order_id": "A-1001",
        "amount": "40.00",
        "currency": "EUR",
    }
    assert any("within 30" in check for check in found.checks)
    assert "40.00 EUR" in found.answer


@pytest.mark.parametrize(
    ("wish", "orders", "why"),
    [
        (Wish(ActionKind.REFUND, "A-1001", amount="40.01"), (ORDER,), "more than is left"),
        (Wish(ActionKind.REFUND, "A-1001", amount="0"), (ORDER,), "nothing left"),
        (Wish(ActionKind.REFUND, "A-1001", amount="NaN"), (ORDER,), "nothing left"),
        (Wish(ActionKind.REFUND, "A-1001"), (replace(ORDER, refunded=Decimal(49)),), "nothing left"),
        (
            Wish(ActionKind.REFUND, "A-1001"),
            (replace(ORDER, ordered_at=datetime.now(UTC) - timedelta(days=31, hours=1)),),
            "31 days ago",
        ),
        (Wish(ActionKind.REFUND, "A-1001"), (replace(ORDER, ordered_at=None),), "does not say when"),
        (Wish(ActionKind.REFUND, "A-9999"), (ORDER,), "No order of this customer"),
        (Wish(ActionKind.REFUND), (ORDER, LATER), "No order of this customer"),
        (Wish(ActionKind.REFUND), (), "No order of this customer"),
        (Wish(ActionKind.CANCEL_ORDER, "A-1001"), (replace(ORDER, status="shipped"),), "cannot be cancelled"),
        (Wish(ActionKind.ADDRESS_CHANGE), (ORDER,), "No address"),
        (Wish(ActionKind.ADDRESS_CHANGE, "A-9999", address="12 Garden Street"), (ORDER,), "not one of"),
        (
            Wish(ActionKind.ADDRESS_CHANGE, "A-1001", address="12 Garden Street"),
            (replace(ORDER, status="in_transit"),),
            "in transit",
        ),
        (Wish(ActionKind.PLAN_CHANGE, plan="<script>"), (ORDER,), "No plan"),
        (Wish(ActionKind.PLAN_CHANGE), (ORDER,), "No plan"),
        (Wish(ActionKind.RESEND, "A-1001"), (ORDER,), "Which document"),
        (Wish(ActionKind.REFUND, "A-1001", amount="20", currency="USD"), (ORDER,), "another currency"),
        (Wish(ActionKind.REFUND, "A-1001", amount="1.005"), (ORDER,), "no action can name"),
        (Wish(ActionKind.CANCEL_ORDER), (replace(ORDER, order_id="1001/2"),), "no action can name"),
        (
            Wish(ActionKind.CANCEL_ORDER, "1001"),
            (replace(ORDER, order_id="#1001"), replace(ORDER, order_id="1001")),
            "No order",
        ),
    ],
)
def test_what_is_over_a_limit_is_refused_in_words(
    wish: Wish, orders: tuple[ShopOrder, ...], why: str
) -> None:
    found = propose(wish, orders, language="en", refund_days=30)
    assert isinstance(found, Refused)
    assert why in found.why


@pytest.mark.parametrize(
    "language", ["en", "es", "fr", "de", "it", "pt", "nl", "pl", "tr", "ja", "zh", "ar", "xx"]
)
@pytest.mark.parametrize("kind", list(ActionKind))
def test_there_is_an_answer_for_every_action_in_every_language(kind: ActionKind, language: str) -> None:
    wish = Wish(kind, "A-1001", address="12 Garden Street", plan="basic", document=Document.INVOICE)
    found = propose(wish, (ORDER,), language=language, refund_days=30)
    assert isinstance(found, Proposal)
    assert found.answer
    assert "{" not in found.answer


@pytest.mark.parametrize("order_id", ["#1001", "a-1001b", "A-1001"])
def test_an_order_is_named_as_the_shop_writes_it(order_id: str) -> None:
    order = replace(ORDER, order_id=order_id)
    found = asked(Wish(ActionKind.CANCEL_ORDER, order_id.upper().lstrip("#")), order, LATER)
    assert isinstance(found, Proposal)
    assert found.order_id == order_id


def test_a_large_sum_in_a_weak_currency_is_proposed() -> None:
    order = replace(ORDER, total=Decimal("4500000.0000"), refunded=Decimal(0), currency="IDR")
    found = asked(Wish(ActionKind.REFUND, "A-1001"), order)
    assert isinstance(found, Proposal)
    assert "4500000.00 IDR" in found.answer
