"""What a shop's connector gives and takes. Customers are named by the mail address that our channel has verified."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from tickets.action_kinds import ActionKind

_MOST_WORDS = 200


@dataclass(frozen=True)
class Account:
    """A customer as the shop knows them."""

    mail: str
    name: str
    tier: str
    plan: str


@dataclass(frozen=True)
class ShopOrder:
    """An order. `refunded` is what went back already; `ordered_at` None: the shop does not say."""

    order_id: str
    status: str
    carrier: str
    tracking_number: str
    eta: datetime | None
    ordered_at: datetime | None
    total: Decimal
    refunded: Decimal
    currency: str
    items: tuple[str, ...]

    @property
    def left(self) -> Decimal:
        """What may still be refunded."""
        return max(self.total - self.refunded, Decimal(0))


class Outcome(StrEnum):
    """What the shop says of a key. `NEVER_SEEN`: no request with it has reached the shop."""

    DONE = "done"
    REFUSED = "refused"
    NEVER_SEEN = "never_seen"


@dataclass(frozen=True)
class Fate:
    """`reference` is the shop's own number of what it did, `reason` why it refused."""

    outcome: Outcome
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Command:
    """Something to be done for a customer. The same `key` is never done twice by the shop."""

    key: str
    kind: ActionKind
    mail: str
    arguments: dict[str, Any]


class Shop(Protocol):
    """A connector is a module. All raise Retryable, Permanent or FateUnknown, in words free of personal data."""

    def account_of(self, mail: str) -> Account | None:
        """The customer's account; None when there is none."""
        ...

    def orders_of(self, mail: str) -> tuple[ShopOrder, ...]:
        """All orders of the customer, and nobody else's."""
        ...

    def execute(self, command: Command) -> Fate:
        """Do it once. FateUnknown when it was sent and no answer came; Retryable when it was certainly not sent."""
        ...

    def fate_of(self, key: str) -> Fate:
        """What became of a command."""
        ...


class AccountRow(BaseModel):
    """A customer as a shop writes it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    email: str
    name: str = ""
    tier: str = ""
    plan: str = ""

    def account(self) -> Account:
        return Account(self.email, self.name, self.tier, self.plan)


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str


Money = Annotated[Decimal, Field(ge=0, le=10_000_000)]


class OrderRow(BaseModel):
    """An order as a shop writes it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    order_id: Annotated[str, Field(min_length=3, max_length=25)]
    email: str
    status: str
    carrier: str | None = None
    tracking_number: str | None = None
    eta: datetime | None = None
    ordered_at: datetime | None = None
    total: Money
    refunded: Money = Decimal(0)
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    items: tuple[_Item, ...]

    def order(self) -> ShopOrder:
        return ShopOrder(
            order_id=self.order_id,
            status=self.status,
            carrier=self.carrier or "",
            tracking_number=self.tracking_number or "",
            eta=self.eta,
            ordered_at=self.ordered_at,
            total=self.total,
            refunded=self.refunded,
            currency=self.currency,
            items=tuple(item.name for item in self.items),
        )


class FateRow(BaseModel):
    """What a shop says became of a command."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    state: Outcome
    reference: str = ""
    reason: str = ""

    def fate(self) -> Fate:
        return Fate(self.state, _harmless(self.reference), _harmless(self.reason))


def _harmless(words: str) -> str:
    """A shop's own words as staff may read them: one line, not too long."""
    return " ".join("".join(c if c.isprintable() else " " for c in words[: 2 * _MOST_WORDS]).split())[
        :_MOST_WORDS
    ]
