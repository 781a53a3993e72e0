"""What the agent can look up. Identity comes from the case, never from a text."""

import json
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from runtime.settings import settings
from tickets.contracts import Case, Order

log = logging.getLogger(__name__)

_ORDER_ID = re.compile(r"\b[A-Z]-\d{4,8}\b")


@dataclass(frozen=True)
class LookUp:
    """What a look-up found; `failure` says why it could not look, without anything of a customer's."""

    orders: tuple[Order, ...] = ()
    failure: str | None = None


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str


class _Row(BaseModel):
    """An order as the shop writes it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    order_id: str
    status: str
    carrier: str | None = None
    tracking_number: str | None = None
    eta_in_days: Annotated[int, Field(ge=-3650, le=3650)] | None = None
    total: str
    currency: str
    items: tuple[_Item, ...]


def order_ids_in(text: str) -> list[str]:
    return list(dict.fromkeys(_ORDER_ID.findall(text.upper())))


def look_up_orders(case: Case) -> LookUp:
    """Orders of the case's own customer that the question names; of somebody else's it says nothing.

    A customer for whom nobody vouches sees none. It never raises: what went wrong is in the result.
    """
    file = settings().agent.shop_file
    named = order_ids_in(f"{case.subject} {case.question} {case.metadata.get('order_id', '')}")
    if file is None or not case.may_see_orders or not case.customer_mail or not named:
        return LookUp()
    try:
        found = _orders_of(file, case.customer_mail)
    except (OSError, ValueError, LookupError, TypeError) as error:
        # A bad row's own words may be a customer's: the kind of the error is all that is told.
        failure = f"orders cannot be read: {type(error).__name__}"
        log.warning("look-up failed: %s", failure, extra={"ticket_id": case.public_id})
        return LookUp(failure=failure)
    return LookUp(tuple(order for order in found if order.order_id in named))


@lru_cache(maxsize=1)
def _shop(file: Path) -> list[dict[str, object]]:
    orders: list[dict[str, object]] = json.loads(file.read_text(encoding="utf-8"))["orders"]
    return orders


def _orders_of(file: Path, mail: str) -> list[Order]:
    today = datetime.now(UTC)
    return [_order(_Row.model_validate(raw), today) for raw in _shop(file) if raw["email"] == mail]


def _order(row: _Row, today: datetime) -> Order:
    return Order(
        order_id=row.order_id,
        status=row.status,
        carrier=row.carrier or "",
        tracking_number=row.tracking_number or "",
        eta=None if row.eta_in_days is None else today + timedelta(days=row.eta_in_days),
        total=f"{row.total} {row.currency}",
        items=tuple(item.name for item in row.items),
    )
