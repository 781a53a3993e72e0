"""A stand-in for a shop's API on loopback: accounts, orders, and actions that a key does once."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.stubs.vendor_stub import Answer, Json, Received, VendorStub

TOKEN = "shop-token-of-the-tests"


def an_order(order_id: str = "A-1001", email: str = "alice@example.com", **changes: Any) -> Json:
    """An order of Alice, three days old, that has not left yet."""
    return {
        "order_id": order_id,
        "email": email,
        "status": "processing",
        "carrier": None,
        "tracking_number": None,
        "eta": (datetime.now(UTC) + timedelta(days=2)).isoformat(),
        "ordered_at": (datetime.now(UTC) - timedelta(days=3)).isoformat(),
        "total": "49.00",
        "refunded": "0.00",
        "currency": "EUR",
        "items": [{"name": "Kettle"}],
        **changes,
    }


@dataclass
class ShopStub(VendorStub):
    """`done` is what it did, by key; `refuses` makes it refuse what comes new."""

    accounts: list[Json] = field(default_factory=list)
    orders: list[Json] = field(default_factory=list)
    done: dict[str, Json] = field(default_factory=dict)
    executed: list[str] = field(default_factory=list)
    refuses: str = ""
    leaks: bool = False  # A faulty shop: its filter by mail address does not work.

    def respond(self, request: Received) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"error": "unauthorised"})
        if request.path.startswith("/actions/"):
            found = self.done.get(request.path.removeprefix("/actions/"))
            return Answer(200, found or {"state": "never_seen"})
        if request.path == "/actions":
            return self._act(request)
        mail = request.query.get("email", "")
        if request.path == "/orders":
            return Answer(200, {"orders": list(self._of(self.orders, mail))})
        return Answer(200, {"customer": next(iter(self._of(self.accounts, mail)), None)})

    def _of(self, rows: list[Json], mail: str) -> Iterable[Json]:
        return [copy.deepcopy(one) for one in rows if self.leaks or one["email"] == mail]

    def _act(self, request: Received) -> Answer:
        key = request.headers["idempotency-key"]
        if key in self.done:
            return Answer(200, self.done[key])
        if self.refuses:
            return Answer(422, {"state": "refused", "reason": self.refuses})
        self.executed.append(key)
        self.done[key] = {"state": "done", "reference": f"SHOP-{len(self.done) + 1}"}
        self._apply(request.body)
        return Answer(201, self.done[key])

    def _apply(self, body: Json) -> None:
        if body["kind"] == "refund":
            order = next(one for one in self.orders if one["order_id"] == body["arguments"]["order_id"])
            order["refunded"] = str(Decimal(order["refunded"]) + Decimal(body["arguments"]["amount"]))
