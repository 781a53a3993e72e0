"""The sample shop: orders in a JSON file, and what was done in a journal beside everything else that is kept."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from agent_core.shop_contract import Account, AccountRow, Command, Fate, FateRow, OrderRow, Outcome, ShopOrder
from runtime.data_folder import data_folder
from runtime.errors import Permanent
from runtime.settings import settings
from tickets.action_kinds import ActionKind

_JOURNAL = "shop-actions.jsonl"
_WRONG = (OSError, ValueError, LookupError, TypeError)
Days = Annotated[int, Field(ge=-3650, le=3650)]


class _Row(OrderRow):
    """The file tells days from today, so that a demo never grows old."""

    placed_days_ago: Days | None = None
    eta_in_days: Days | None = None


def account_of(mail: str) -> Account | None:
    try:
        rows = [
            AccountRow.model_validate(one)
            for one in _shop(_file()).get("customers", [])
            if one["email"] == mail
        ]
    except _WRONG as error:
        raise _unreadable(error) from None
    return rows[0].account() if rows else None


def orders_of(mail: str) -> tuple[ShopOrder, ...]:
    try:
        rows = [_Row.model_validate(one) for one in _shop(_file())["orders"] if one["email"] == mail]
        done = [one for one in _journal() if one["mail"] == mail]
        return tuple(_order(row, done) for row in rows)
    except _WRONG as error:
        raise _unreadable(error) from None


def execute(command: Command) -> Fate:
    """Looked up, judged and written down under one lock, so the same key is done once by any number of processes."""
    with _locked():
        known = _known(command.key)
        if known is not None:
            return known
        reason = _why_not(command)
        fate = Fate(Outcome.REFUSED, reason=reason) if reason else Fate(Outcome.DONE, reference=_reference())
        _append(command, fate)
    return fate


def fate_of(key: str) -> Fate:
    with _locked():
        return _known(key) or Fate(Outcome.NEVER_SEEN)


def _why_not(command: Command) -> str:
    """The shop's own rules, whatever the desk has checked; empty: it can be done."""
    order_id = str(command.arguments.get("order_id") or "")
    orders = {order.order_id: order for order in orders_of(command.mail)}
    if order_id and order_id not in orders:
        return "There is no such order of this customer."
    if command.kind is ActionKind.REFUND and Decimal(command.arguments["amount"]) > orders[order_id].left:
        return "That is more than is left of the order's total."
    if command.kind is ActionKind.CANCEL_ORDER and orders[order_id].status not in ("processing", "delayed"):
        return "The order has left the warehouse."
    return ""


def _order(row: _Row, done: list[dict[str, Any]]) -> ShopOrder:
    """The order with what was done since the file was written."""
    now = datetime.now(UTC)
    mine = [
        one
        for one in done
        if one["arguments"].get("order_id") == row.order_id and one["state"] == Outcome.DONE
    ]
    back = [Decimal(one["arguments"]["amount"]) for one in mine if one["kind"] == ActionKind.REFUND]
    is_cancelled = any(one["kind"] == ActionKind.CANCEL_ORDER for one in mine)
    changes = {
        "eta": row.eta if row.eta_in_days is None else now + timedelta(days=row.eta_in_days),
        "ordered_at": row.ordered_at
        if row.placed_days_ago is None
        else now - timedelta(days=row.placed_days_ago),
        "refunded": row.refunded + sum(back, Decimal(0)),
        "status": "cancelled" if is_cancelled else row.status,
    }
    return row.model_copy(update=changes).order()


def _file() -> Path:
    file = settings().agent.shop_file
    assert file is not None, "the file is the shop only where it is set"
    return file


@lru_cache(maxsize=1)
def _shop(file: Path) -> dict[str, list[dict[str, Any]]]:
    shop: dict[str, list[dict[str, Any]]] = json.loads(file.read_text(encoding="utf-8"))
    return shop


def _unreadable(error: Exception) -> Permanent:
    """A bad row's own words may be a customer's: the kind of the error is all that is told."""
    return Permanent(f"orders cannot be read: {type(error).__name__}")


def _journal() -> list[dict[str, Any]]:
    try:
        lines = (data_folder() / _JOURNAL).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    rows: list[dict[str, Any]] = []
    for line in lines:
        # A line without its end was being written when the machine stopped: that command was not done.
        with suppress(ValueError):
            rows.append(json.loads(line))
    return rows


def _known(key: str) -> Fate | None:
    found = (FateRow.model_validate(one).fate() for one in _journal() if one["key"] == key)
    return next(found, None)


def _append(command: Command, fate: Fate) -> None:
    told = {"state": fate.outcome, "reference": fate.reference, "reason": fate.reason}
    row = {
        "key": command.key,
        "kind": command.kind,
        "mail": command.mail,
        "arguments": command.arguments,
        **told,
    }
    with (data_folder() / _JOURNAL).open("a", encoding="utf-8") as file:
        file.write("\n" if file.tell() else "")
        file.write(json.dumps(row))
        file.flush()
        os.fsync(file.fileno())


def _reference() -> str:
    return f"SHOP-{secrets.token_hex(4).upper()}"


@contextmanager
def _locked() -> Iterator[None]:
    """One at a time, in this process and in others."""
    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{_JOURNAL}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
