"""What the agent can look up in the shop. Identity comes from the case, never from a text."""

import logging
from dataclasses import dataclass

from agent_core import shop
from agent_core.shop_contract import Shop, ShopOrder
from llm import shadow
from runtime.errors import FateUnknown, Permanent, Retryable
from tickets.contracts import Case, Order
from tickets.entities import EntityKind
from tickets.entity_patterns import entities_of

log = logging.getLogger(__name__)

# Statuses after which nothing more happens to an order.
_ENDED = ("delivered", "cancelled", "returned", "refunded")
_MOST_OPEN = 3

FAILURES = (Retryable, Permanent, FateUnknown)


@dataclass(frozen=True)
class LookUp:
    """What a look-up found; `failure` says why it could not look, without anything of a customer's."""

    orders: tuple[Order, ...] = ()
    failure: str | None = None


def order_ids_in(text: str) -> list[str]:
    """As the shop writes them: in capitals, each once, in the order of the text."""
    found = (one.value for one in entities_of(text) if one.kind == EntityKind.ORDER_ID)
    return list(dict.fromkeys(found))


def named_orders(case: Case) -> list[str]:
    """The orders that the customer names, theirs or not."""
    return order_ids_in(f"{case.subject} {case.question} {case.metadata.get('order_id', '')}")


def shop_for(case: Case) -> Shop | None:
    """The shop, for a customer for whom somebody vouches; None: there is none, or nothing is theirs to see."""
    return shop.connected() if case.may_see_orders and case.customer_mail else None


def look_up_orders(case: Case, *, open_ones: bool = False) -> LookUp:
    """Orders of the case's own customer that the question names; of somebody else's it says nothing.

    `open_ones`: where it names none, those under way, unless they are so many that they would not answer.
    A customer for whom nobody vouches sees none. It never raises: what went wrong is in the result.
    """
    connected = shop_for(case)
    named = named_orders(case) if connected else []
    if connected is None or not (named or open_ones):
        return LookUp()
    shadow.refuse("The orders of that day are not known.")
    try:
        found = connected.orders_of(case.customer_mail)
    except FAILURES as error:
        return LookUp(failure=told(error, case))
    if named:
        return LookUp(tuple(order_of(one) for one in found if one.order_id.upper() in named))
    under_way = [order_of(one) for one in found if one.status not in _ENDED]
    return LookUp(tuple(under_way) if len(under_way) <= _MOST_OPEN else ())


def told(error: Retryable | Permanent | FateUnknown, case: Case) -> str:
    """Why the shop could not be asked, logged and in words for staff."""
    log.warning("look-up failed: %s", error.detail, extra={"ticket_id": case.public_id})
    return error.detail


def order_of(found: ShopOrder) -> Order:
    """As far as a reply may speak of it."""
    return Order(
        order_id=found.order_id,
        status=found.status,
        carrier=found.carrier,
        tracking_number=found.tracking_number,
        eta=found.eta,
        total=f"{found.total} {found.currency}",
        items=found.items,
    )
