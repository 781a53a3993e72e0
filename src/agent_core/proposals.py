"""From a wish to an action that staff can approve: the arguments filled in, and the desk's limits looked at. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError

from agent_core.action_words import done_text
from agent_core.shop_contract import ShopOrder
from tickets.action_kinds import (
    ActionKind,
    AddressArguments,
    Arguments,
    CancelArguments,
    CloseArguments,
    Document,
    PlanArguments,
    Proposal,
    RefundArguments,
    ResendArguments,
)

_PLAN = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_GONE = ("shipped", "in_transit", "delivered", "cancelled", "returned", "refunded")


@dataclass(frozen=True)
class Wish:
    """What the customer wants, before anybody has looked whether it can be. Empty fields were not said."""

    kind: ActionKind
    order_id: str = ""
    amount: str = ""
    address: str = ""
    plan: str = ""
    document: Document | None = None
    currency: str = ""


@dataclass(frozen=True)
class Refused:
    """Why there is no proposal, in words for staff or a model; it holds nothing of the customer's."""

    why: str


def propose(
    wish: Wish, orders: Sequence[ShopOrder], *, language: str, refund_days: int
) -> Proposal | Refused:
    """`orders` are the customer's own: what is not among them cannot be proposed."""
    order = _meant(wish, orders)
    try:
        filled = _filled(wish, order, refund_days=refund_days)
    except ValidationError:
        return Refused("The order is written in the shop as no action can name it.")
    if isinstance(filled, Refused):
        return filled
    arguments, checks = filled
    return Proposal(wish.kind, arguments, checks, done_text(wish.kind, arguments, language))


def _meant(wish: Wish, orders: Sequence[ShopOrder]) -> ShopOrder | None:
    """The order that was named; without a name the only one there is."""
    named = [one for one in orders if is_called(one, wish.order_id)] if wish.order_id else orders
    return named[0] if len(named) == 1 else None


def is_called(order: ShopOrder, name: str) -> bool:
    """Whether a person may mean this order: in capitals or not, with the shop's # or without."""
    return order.order_id.upper().lstrip("#") == name.upper().lstrip("#")


_Filled = tuple[Arguments, tuple[str, ...]]


def _filled(wish: Wish, order: ShopOrder | None, *, refund_days: int) -> _Filled | Refused:
    if wish.kind is ActionKind.CLOSE_ACCOUNT:
        return CloseArguments(), ("The account is the customer's own.",)
    if wish.kind is ActionKind.PLAN_CHANGE:
        return _plan(wish)
    if wish.kind is ActionKind.ADDRESS_CHANGE:
        return _address(wish, order)
    if order is None:
        return Refused("No order of this customer is meant for certain.")
    return _about(wish, order, refund_days)


def _about(wish: Wish, order: ShopOrder, refund_days: int) -> _Filled | Refused:
    theirs = f"Order {order.order_id} is the customer's own."
    if wish.kind is ActionKind.REFUND:
        return _refund(wish, order, refund_days)
    if wish.kind is ActionKind.RESEND:
        if wish.document is None:
            return Refused("Which document is meant is not certain.")
        return ResendArguments(order_id=order.order_id, document=wish.document), (theirs,)
    if order.status in _GONE:
        return Refused(f"The order is {order.status.replace('_', ' ')}: it cannot be cancelled any more.")
    return CancelArguments(order_id=order.order_id), (theirs, f"It is {order.status} and has not left yet.")


def _refund(wish: Wish, order: ShopOrder, refund_days: int) -> _Filled | Refused:
    amount = _amount(wish, order)
    if isinstance(amount, Refused):
        return amount
    if order.ordered_at is None:
        return Refused("The shop does not say when it was ordered.")
    # A shop that tells no zone is taken by its word in UTC: the window is counted in days.
    ordered_at = order.ordered_at if order.ordered_at.tzinfo else order.ordered_at.replace(tzinfo=UTC)
    days = (datetime.now(UTC) - ordered_at) // timedelta(days=1)
    if days > refund_days:
        return Refused(f"It was ordered {days} days ago; refunds end after {refund_days}.")
    checks = (
        f"Order {order.order_id} is the customer's own.",
        f"{amount:.2f} of {order.left:.2f} {order.currency} that are left of the total.",
        f"Ordered {days} days ago, within {refund_days}.",
    )
    return RefundArguments(order_id=order.order_id, amount=amount, currency=order.currency), checks


def _amount(wish: Wish, order: ShopOrder) -> Decimal | Refused:
    """What was said, in the order's currency; when nothing was, all that is left."""
    if wish.currency and wish.currency != order.currency:
        return Refused("The amount is named in another currency than the order's.")
    try:
        amount = Decimal(wish.amount) if wish.amount else order.left
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or amount <= 0:
        return Refused("There is nothing left of the order's total to refund.")
    if amount > order.left:
        return Refused("That is more than is left of the order's total.")
    return amount


def _address(wish: Wish, order: ShopOrder | None) -> _Filled | Refused:
    if len(wish.address) < 5 or len(wish.address) > 300:
        return Refused("No address was found in the message.")
    if wish.order_id and order is None:
        return Refused("The order that was named is not one of this customer.")
    named = order if wish.order_id else None
    if named and named.status in _GONE:
        return Refused(
            f"The order is {named.status.replace('_', ' ')}: its address cannot be changed any more."
        )
    checks = (f"Order {named.order_id} is the customer's own and has not left yet.",) if named else ()
    return AddressArguments(address=wish.address, order_id=named.order_id if named else None), checks


def _plan(wish: Wish) -> _Filled | Refused:
    plan = "-".join(wish.plan.lower().split())
    if not _PLAN.fullmatch(plan):
        return Refused("No plan was named.")
    return PlanArguments(plan=plan), ()
