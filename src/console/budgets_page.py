"""What models may cost: the limits, and how much of the desk's own is used."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from console.settings_pages import REFUSALS, Changing, Managing, Refused, Version, page, save
from llm import budget
from llm.budget import Scope
from runtime.database import transaction
from runtime.desk_settings import Document
from runtime.errors import InvalidInput
from runtime.settings import settings

router = APIRouter()
_TAB = Document.BUDGETS
_Usd = Annotated[str, Form(max_length=20)]
_MOST = Decimal(1_000_000)

LIMITS: dict[str, str] = {
    "budget_day_usd": "A day of UTC",
    "budget_month_usd": "A month of UTC",
    "budget_ticket_usd": "A ticket",
    "budget_customer_usd": "A customer in a day",
}


@dataclass(frozen=True)
class Used:
    """Dollars of a budget of the desk; `percent` is None where there is no limit."""

    title: str
    spent: Decimal
    limit: Decimal

    @property
    def percent(self) -> int | None:
        return int(self.spent * 100 / self.limit) if self.limit else None


@router.get("/settings/budgets")
def show_budgets(request: Request, viewer: Managing) -> HTMLResponse:
    return _page(request, viewer, {name: f"{getattr(settings().llm, name):f}" for name in LIMITS})


@router.post("/settings/budgets")
def change_budgets(  # noqa: PLR0913, PLR0917  # one argument for each field of the form
    request: Request,
    viewer: Changing,
    seen: Version,
    budget_day_usd: _Usd = "",
    budget_month_usd: _Usd = "",
    budget_ticket_usd: _Usd = "",
    budget_customer_usd: _Usd = "",
) -> Response:
    given = (budget_day_usd, budget_month_usd, budget_ticket_usd, budget_customer_usd)
    typed = dict(zip(LIMITS, given, strict=True))
    try:
        return save(viewer, _TAB, {name: _dollars(one) for name, one in typed.items()}, seen=seen)
    except REFUSALS as error:
        return _page(request, viewer, typed, refused=Refused(error, seen))


def _dollars(said: str) -> str:
    try:
        amount = Decimal(said.strip() or "0")
    except InvalidOperation:
        amount = Decimal(-1)
    if not (amount.is_finite() and 0 <= amount <= _MOST):
        raise InvalidInput(f"A limit is a number of dollars from 0 (no limit) to {_MOST}.", field="limit")
    return f"{amount.quantize(Decimal('0.0001')).normalize():f}"


def _page(
    request: Request, viewer: Managing, typed: dict[str, str], *, refused: Refused | None = None
) -> HTMLResponse:
    group = settings().llm
    with transaction() as session:
        spent = budget.spent_so_far(session, datetime.now(UTC).date())
    used = [
        Used("Today", spent[Scope.DAY], group.budget_day_usd),
        Used("This month", spent[Scope.MONTH], group.budget_month_usd),
    ]
    return page(request, viewer, _TAB, refused=refused, limits=LIMITS, typed=typed, used=used)
