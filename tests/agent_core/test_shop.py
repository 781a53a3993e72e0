"""The shop's two forms keep one contract: what is done once, whose orders are shown, how failures are told."""

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from agent_core import shop, shop_rest
from agent_core.shop_contract import Command, Fate, Outcome, Shop
from runtime.errors import FateUnknown, Permanent, Retryable
from runtime.settings import settings
from tests.stubs.shop_stub import TOKEN, ShopStub, an_order
from tests.stubs.vendor_stub import Answer
from tickets.action_kinds import ActionKind

ALICE, BOB = "alice@example.com", "bob@example.com"
ORDERS = [an_order(), an_order("A-2002", BOB)]
ACCOUNTS = [{"email": ALICE, "name": "Alice", "tier": "gold", "plan": "basic"}]


@pytest.fixture
def stub() -> Iterator[ShopStub]:
    with ShopStub(orders=[dict(one) for one in ORDERS], accounts=ACCOUNTS) as running:
        yield running
    shop_rest.forget()


@pytest.fixture(params=["file", "api"])
def connected(
    request: pytest.FixtureRequest, tmp_path: Path, stub: ShopStub, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path / "data"))
    file = tmp_path / "shop.json"
    file.write_text(json.dumps({"customers": ACCOUNTS, "orders": ORDERS}))
    monkeypatch.setenv("DESKFLEET_AGENT_SHOP_FILE", str(file))
    if request.param == "api":
        monkeypatch.setenv("DESKFLEET_AGENT_SHOP_URL", f"{stub.url}/")
        monkeypatch.setenv("DESKFLEET_AGENT_SHOP_TOKEN", TOKEN)
        monkeypatch.setenv("DESKFLEET_AGENT_SHOP_TIMEOUT_S", "30")
    settings.cache_clear()
    found = shop.connected()
    assert found is not None
    yield found
    settings.cache_clear()


def a_refund(key: str = "ACT-1", amount: str = "20.00") -> Command:
    arguments = {"order_id": "A-1001", "amount": amount, "currency": "EUR"}
    return Command(key, ActionKind.REFUND, ALICE, arguments)


def test_a_customer_has_their_own_orders_and_account(connected: Shop) -> None:
    [order] = connected.orders_of(ALICE)
    assert (order.order_id, order.total, order.currency, order.items) == (
        "A-1001",
        Decimal("49.00"),
        "EUR",
        ("Kettle",),
    )
    account = connected.account_of(ALICE)
    assert account is not None
    assert (account.tier, account.plan) == ("gold", "basic")
    assert connected.orders_of("nobody@example.com") == ()
    assert connected.account_of("nobody@example.com") is None


def test_a_key_is_done_once_and_its_fate_is_known(connected: Shop) -> None:
    assert connected.fate_of("ACT-1") == Fate(Outcome.NEVER_SEEN)
    first = connected.execute(a_refund())
    assert first.outcome is Outcome.DONE
    assert first.reference
    assert connected.execute(a_refund()) == first
    assert connected.fate_of("ACT-1") == first
    [order] = connected.orders_of(ALICE)
    assert (order.refunded, order.left) == (Decimal("20.00"), Decimal("29.00"))


def test_ten_at_once_with_one_key_are_done_once(connected: Shop) -> None:
    fates: list[Fate] = []
    threads = [
        threading.Thread(target=lambda: fates.append(connected.execute(a_refund()))) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fates) == 10
    assert len(set(fates)) == 1
    assert connected.orders_of(ALICE)[0].refunded == Decimal("20.00")


@pytest.fixture
def api(stub: ShopStub, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShopStub]:
    monkeypatch.setenv("DESKFLEET_AGENT_SHOP_URL", stub.url)
    monkeypatch.setenv("DESKFLEET_AGENT_SHOP_TOKEN", TOKEN)
    monkeypatch.setenv("DESKFLEET_AGENT_SHOP_TIMEOUT_S", "0.5")
    settings.cache_clear()
    yield stub
    settings.cache_clear()


def test_the_key_is_sent_and_the_token_is_in_no_error(api: ShopStub) -> None:
    shop_rest.execute(a_refund("ACT-7"))
    assert api.received[-1].headers["idempotency-key"] == "ACT-7"
    assert api.received[-1].body["email"] == ALICE
    api.then(Answer(418, {"error": TOKEN}))
    with pytest.raises(Permanent) as refused:
        shop_rest.execute(a_refund("ACT-8"))
    assert TOKEN not in refused.value.detail
    assert ALICE not in refused.value.detail


@pytest.mark.parametrize(
    "answer", [Answer(500), Answer(502), Answer(200, cut=True), Answer(200, raw="<p>hello")]
)
def test_what_may_have_been_done_is_not_known(api: ShopStub, answer: Answer) -> None:
    api.then(answer)
    with pytest.raises(FateUnknown):
        shop_rest.execute(a_refund())


def test_a_shop_that_is_silent_is_given_up(api: ShopStub) -> None:
    api.then(Answer(200, silent_s=20))
    with pytest.raises(FateUnknown):
        shop_rest.execute(a_refund())


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_what_was_certainly_not_done_may_be_tried_again(api: ShopStub, status: int) -> None:
    api.then(Answer(status))
    with pytest.raises(Retryable):
        shop_rest.execute(a_refund())


def test_a_shop_that_is_not_there_was_certainly_not_told(
    api: ShopStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_AGENT_SHOP_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    with pytest.raises(Retryable, match="cannot be reached"):
        shop_rest.execute(a_refund())


def test_a_page_that_stands_in_between_does_not_say_that_nothing_was_done(api: ShopStub) -> None:
    api.then(Answer(404, raw="<h1>Not here</h1>"), Answer(200, raw="<h1>Login</h1>"), Answer(200, {}))
    for _ in range(3):
        with pytest.raises(Retryable):
            shop_rest.fate_of("ACT-1")


def test_a_redirect_does_not_carry_the_token_away(api: ShopStub) -> None:
    api.then(Answer(307, headers={"Location": f"{api.url}/elsewhere"}))
    with pytest.raises(FateUnknown):
        shop_rest.execute(a_refund())
    assert [one.path for one in api.received] == ["/actions"]


@pytest.mark.parametrize(
    "orders", [None, "no", [1], [{"email": ALICE}], [an_order(total="-1")], [an_order(total="x")]]
)
def test_orders_that_are_not_as_agreed_are_an_error_without_a_name(api: ShopStub, orders: object) -> None:
    api.then(Answer(200, {"orders": orders}))
    with pytest.raises(Permanent) as wrong:
        shop_rest.orders_of(ALICE)
    assert ALICE not in wrong.value.detail


def test_what_the_shop_says_to_staff_is_one_short_line(api: ShopStub) -> None:
    api.then(Answer(422, {"state": "refused", "reason": "No\n\x1b[31m " + "x" * 5_000}))
    fate = shop_rest.execute(a_refund())
    assert fate.outcome is Outcome.REFUSED
    assert len(fate.reason) <= 200
    assert fate.reason.isprintable()


def test_the_journal_of_the_file_survives_a_line_that_was_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    file = tmp_path / "shop.json"
    file.write_text(json.dumps({"orders": ORDERS}))
    monkeypatch.setenv("DESKFLEET_AGENT_SHOP_FILE", str(file))
    settings.cache_clear()
    connected = shop.connected()
    assert connected is not None
    connected.execute(a_refund("ACT-1"))
    with (tmp_path / "shop-actions.jsonl").open("a") as journal:
        journal.write('\n{"key": "ACT-2", "arguments": {"order_id": "A-1001"}')
    assert connected.fate_of("ACT-2").outcome is Outcome.NEVER_SEEN
    assert connected.execute(a_refund("ACT-2")).outcome is Outcome.DONE
    assert connected.fate_of("ACT-1").outcome is Outcome.DONE
    settings.cache_clear()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (
            Command("K", ActionKind.REFUND, ALICE, {"order_id": "A-1001", "amount": "49.01"}),
            "more than is left",
        ),
        (Command("K", ActionKind.REFUND, ALICE, {"order_id": "A-2002", "amount": "1.00"}), "no such order"),
        (Command("K", ActionKind.CANCEL_ORDER, BOB, {"order_id": "A-1001"}), "no such order"),
    ],
)
def test_the_file_refuses_what_its_orders_do_not_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command, reason: str
) -> None:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    (tmp_path / "shop.json").write_text(json.dumps({"orders": ORDERS}))
    monkeypatch.setenv("DESKFLEET_AGENT_SHOP_FILE", str(tmp_path / "shop.json"))
    settings.cache_clear()
    connected = shop.connected()
    assert connected is not None
    fate = connected.execute(command)
    settings.cache_clear()
    assert fate.outcome is Outcome.REFUSED
    assert reason in fate.reason
