"""The agent's tools, each declared once, for `tool_calls`. Whose orders they show comes from the case."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from agent_core import steps
from agent_core.proposals import Refused, Wish, is_called, propose
from agent_core.shop_contract import Shop, ShopOrder
from agent_core.tools import order_of
from runtime.settings import settings
from tickets.action_kinds import DECLARATIONS, ActionKind, Approver, Document, Proposal
from tickets.contracts import Case, Order
from tickets.entities import EntityKind
from tickets.entity_patterns import entities_of

SEVERAL_AMOUNTS = "More than one amount is named."
_UNKNOWN_ORDER = "There is no such order of this customer."
_MOST_PASSAGES = 4


@dataclass
class Desk:
    """One case at work: whose it is, and what its tools have found so far. `address`: of the newest message."""

    case: Case
    shop: Shop
    language: str
    address: str = ""
    orders: dict[str, Order] = field(default_factory=dict)
    proposal: Proposal | None = None
    failure: str | None = None
    notes: list[str] = field(default_factory=list)


class ToolArguments(BaseModel):
    """None of a tool's arguments names a customer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OrderQuery(ToolArguments):
    order_id: Annotated[
        str, Field(max_length=25, description="As the customer wrote it; empty: all orders")
    ] = ""


class NoQuery(ToolArguments):
    """The account is the customer's own: there is nothing to say."""


class TextQuery(ToolArguments):
    query: Annotated[str, Field(min_length=2, max_length=300)]


class ActionRequest(ToolArguments):
    kind: ActionKind
    order_id: Annotated[str, Field(max_length=25)] = ""
    amount: Annotated[
        str,
        Field(
            pattern=r"^$|^\d{1,7}(\.\d{1,2})?$", description="Of a refund; empty: what is left of the total"
        ),
    ] = ""
    plan: Annotated[str, Field(max_length=40)] = ""
    document: Annotated[Document | None, Field(description="Of resend: the one that was asked for")] = None


@dataclass(frozen=True)
class Declared:
    """A tool: `limits` are told to the model and kept by `run`."""

    name: str
    arguments: type[ToolArguments]
    what: str
    limits: str
    run: Callable[[Desk, Any], str]


def _orders(desk: Desk) -> tuple[ShopOrder, ...]:
    return desk.shop.orders_of(desk.case.customer_mail)


def _look_up_order(desk: Desk, query: OrderQuery) -> str:
    wanted = query.order_id.strip()
    found = [one for one in _orders(desk) if not wanted or is_called(one, wanted)]
    for one in found if wanted else ():
        desk.orders[one.order_id] = order_of(one)
    return "\n".join(map(_line, found)) or _UNKNOWN_ORDER


def _line(one: ShopOrder) -> str:
    ordered = f", ordered {one.ordered_at:%Y-%m-%d}" if one.ordered_at else ""
    due = f", expected {one.eta:%Y-%m-%d}" if one.eta else ""
    money = f"total {one.total:.2f} {one.currency}, {one.left:.2f} not refunded"
    return f"{one.order_id}: {one.status}{ordered}{due}, {money}: {', '.join(one.items)}"


def _look_up_account(desk: Desk, _query: NoQuery) -> str:
    account = desk.shop.account_of(desk.case.customer_mail)
    if account is None:
        return "The shop has no account of this customer."
    return f"tier: {account.tier or 'not said'}, plan: {account.plan or 'none'}"


def _search_knowledge(desk: Desk, query: TextQuery) -> str:
    passages, notes = steps.screen_passages(steps.search(query.query, language=desk.language))
    desk.notes += notes
    return (
        "\n\n".join(f"{one.title}\n{one.text}" for one in passages[:_MOST_PASSAGES]) or "Nothing was found."
    )


def _search_past_tickets(desk: Desk, query: TextQuery) -> str:
    """The customer's own tickets of late, those with a word of the query first."""
    words = set(query.query.casefold().split())
    ranked = sorted(
        desk.case.recent_tickets,
        key=lambda one: len(words & set(one.subject.casefold().split())),
        reverse=True,
    )
    lines = [
        f"{one.opened:%Y-%m-%d}, {one.category or 'unsorted'}, {one.status}: {one.subject}" for one in ranked
    ]
    return "\n".join(lines) or "There are no other tickets of this customer."


def _propose_action(desk: Desk, request: ActionRequest) -> str:
    if desk.proposal is not None:
        return "One action is proposed already."
    found = _proposed(desk, request)
    if isinstance(found, Refused):
        desk.notes.append(f"no {request.kind} proposed: {found.why}")
        return f"It cannot be proposed: {found.why}"
    desk.proposal = found
    return "It is proposed. A colleague decides."


def _proposed(desk: Desk, request: ActionRequest) -> Proposal | Refused:
    """A sum is the customer's own word: where they name several, a model may choose one, and never the whole."""
    amounts = amounts_in(desk.case) if request.kind is ActionKind.REFUND else frozenset()
    if len(amounts) > 1 and not request.amount:
        return Refused(SEVERAL_AMOUNTS)
    currencies = {currency for _amount, currency in amounts}
    if len(currencies) > 1:
        return Refused("Amounts in more than one currency are named.")
    wish = Wish(
        request.kind,
        order_id=request.order_id.strip(),
        amount=request.amount,
        address=desk.address,
        plan=request.plan,
        document=request.document,
        currency=next(iter(currencies), ""),
    )
    return propose(wish, _orders(desk), language=desk.language, refund_days=settings().agent.refund_days)


def amounts_in(case: Case) -> frozenset[tuple[str, str]]:
    """The sums that the customer names, each with its currency."""
    text = f"{case.subject}\n{case.question}"
    named = (one.value.split() for one in entities_of(text) if one.kind == EntityKind.AMOUNT)
    return frozenset((one[0], one[1] if len(one) > 1 else "") for one in named)


def _rules_of_actions() -> str:
    """The declarations of the actions, in words: what the model is told is what holds."""
    staff = [kind.value for kind, one in DECLARATIONS.items() if one.approver is Approver.STAFF]
    proof = [kind.value for kind, one in DECLARATIONS.items() if one.needs_proof]
    return (
        f"Staff approve: {', '.join(staff)}. The customer's identity is proven first for: {', '.join(proof)}."
    )


TOOLS: tuple[Declared, ...] = (
    Declared("look_up_order", OrderQuery, "Orders of this customer.", "Nobody else's.", _look_up_order),
    Declared("look_up_account", NoQuery, "This customer's tier and plan.", "", _look_up_account),
    Declared("search_knowledge", TextQuery, "Passages of the help centre.", "", _search_knowledge),
    Declared(
        "search_past_tickets",
        TextQuery,
        "Other tickets of this customer.",
        "Of the last weeks.",
        _search_past_tickets,
    ),
    Declared(
        "propose_action",
        ActionRequest,
        "Propose one action that the customer clearly asks for now.",
        f"An order of this customer, no more than is left of its total. {_rules_of_actions()}",
        _propose_action,
    ),
)
