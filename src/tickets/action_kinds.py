"""What actions there are: their arguments, who approves each, and whether identity is to be proven. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from runtime.errors import InvalidInput


class ActionKind(StrEnum):
    REFUND = "refund"
    CANCEL_ORDER = "cancel_order"
    ADDRESS_CHANGE = "address_change"
    PLAN_CHANGE = "plan_change"
    RESEND = "resend"
    CLOSE_ACCOUNT = "close_account"


class ActionState(StrEnum):
    PROPOSED = "proposed"
    AWAITING_VERIFICATION = "awaiting_verification"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    EXECUTING = "executing"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"  # The shop may or may not have done it: staff look.
    DECLINED = "declined"
    EXPIRED = "expired"


WAITING = (ActionState.AWAITING_VERIFICATION, ActionState.AWAITING_APPROVAL)
UNDER_WAY = (ActionState.PROPOSED, *WAITING, ActionState.APPROVED, ActionState.EXECUTING)


class Approver(StrEnum):
    STAFF = "staff"
    NOBODY = "nobody"


class Document(StrEnum):
    CONFIRMATION = "confirmation"
    INVOICE = "invoice"
    RECEIPT = "receipt"


class Arguments(BaseModel):
    """None of them says whose it is: that comes from the case."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _to_the_cent(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


# As the shop writes it: some put a # before it.
OrderId = Annotated[str, Field(pattern=r"^[#A-Za-z0-9][A-Za-z0-9_-]{2,24}$", examples=["A-1001"])]


class RefundArguments(Arguments):
    order_id: OrderId
    amount: Annotated[Decimal, Field(gt=0, le=10_000_000, decimal_places=2), AfterValidator(_to_the_cent)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class CancelArguments(Arguments):
    order_id: OrderId


class AddressArguments(Arguments):
    """`order_id` empty: the account's address."""

    address: Annotated[
        str, Field(min_length=5, max_length=300), AfterValidator(lambda text: " ".join(text.split()))
    ]
    order_id: OrderId | None = None


class PlanArguments(Arguments):
    plan: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class ResendArguments(Arguments):
    order_id: OrderId
    document: Document


class CloseArguments(Arguments):
    """The whole account."""


@dataclass(frozen=True)
class Declaration:
    """`always_staff`: no setting and no declaration of a desk lifts the approval."""

    kind: ActionKind
    arguments: type[Arguments]
    approver: Approver
    needs_proof: bool
    always_staff: bool = False


DECLARATIONS: dict[ActionKind, Declaration] = {
    one.kind: one
    for one in (
        Declaration(ActionKind.REFUND, RefundArguments, Approver.STAFF, needs_proof=False, always_staff=True),
        Declaration(ActionKind.CANCEL_ORDER, CancelArguments, Approver.STAFF, needs_proof=False),
        Declaration(ActionKind.ADDRESS_CHANGE, AddressArguments, Approver.STAFF, needs_proof=True),
        Declaration(ActionKind.PLAN_CHANGE, PlanArguments, Approver.STAFF, needs_proof=True),
        # It goes to the address that the shop has: nobody need prove who they are.
        Declaration(ActionKind.RESEND, ResendArguments, Approver.STAFF, needs_proof=False),
        Declaration(
            ActionKind.CLOSE_ACCOUNT, CloseArguments, Approver.STAFF, needs_proof=True, always_staff=True
        ),
    )
}
PAYS = (ActionKind.REFUND, ActionKind.CANCEL_ORDER)


@dataclass(frozen=True)
class Proposal:
    """An action as the agent proposes it. `checks`: the limits that were looked at, in plain words."""

    kind: ActionKind
    arguments: Arguments
    checks: tuple[str, ...] = ()
    answer: str = ""  # What the customer is told when it is done, for staff to read and change.

    @property
    def order_id(self) -> str:
        return str(getattr(self.arguments, "order_id", None) or "")


def parsed(kind: ActionKind, arguments: Mapping[str, Any]) -> Arguments:
    """The arguments in their type. Raises InvalidInput, which names the field and repeats no value."""
    try:
        return DECLARATIONS[kind].arguments.model_validate(arguments)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"])) or "arguments"
        raise InvalidInput(f"{field}: {first['msg']}.", field=field) from None


_SENTENCES: dict[ActionKind, str] = {
    ActionKind.REFUND: "Refund {amount} {currency} for order {order_id} to {whom}",
    ActionKind.CANCEL_ORDER: "Cancel order {order_id} of {whom}",
    ActionKind.ADDRESS_CHANGE: "Change the address of {what} to {address}",
    ActionKind.PLAN_CHANGE: "Change the plan of {whom} to {plan}",
    ActionKind.RESEND: "Send the {document} of order {order_id} to {whom} again",
    ActionKind.CLOSE_ACCOUNT: "Close the account of {whom}",
}


def in_words(kind: ActionKind, arguments: Arguments, name: str) -> str:
    """One plain sentence for staff, without a full stop."""
    values = arguments.model_dump(mode="json")
    order_id = values.get("order_id")
    return _SENTENCES[kind].format(
        whom=name or "the customer",
        what=f"order {order_id} of {name or 'the customer'}" if order_id else name or "the customer",
        **values,
    )
