"""Bounds what models may cost: the worst case of a call is reserved before it and settled after it.

A reservation is made under the locks of its budgets' rows, so no number of workers can spend too much together.
"""

import functools
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from llm.failures import CallError, Fault
from llm.payer import Payer, payer
from runtime import events
from runtime.database import after_commit, transaction
from runtime.errors import DeskfleetError
from runtime.settings import settings
from runtime.telemetry import record_budget_refusal, record_budget_share, record_budget_warning

log = logging.getLogger(__name__)

_WARNINGS = (100, 90, 80)  # Percent of a limit, each told once.


class Scope(StrEnum):
    TICKET = "ticket"
    CUSTOMER = "customer"
    DAY = "day"
    MONTH = "month"


class BudgetSpent(DeskfleetError):
    """A budget has no room for the call, and the settings say that staff are to answer then."""


@dataclass(frozen=True)
class Budget:
    """A limit in US dollars. `name` is also its row; `since` is when its time began, if it has one."""

    scope: Scope
    name: str
    limit: Decimal
    since: date | None = None


@dataclass(frozen=True)
class Reservation:
    """What a call may cost at most, set aside in each of its budgets."""

    call_id: uuid.UUID
    budgets: tuple[Budget, ...]


@dataclass(frozen=True)
class _Row:
    spent: Decimal
    warned: int


def budgets(who: Payer, today: date) -> tuple[Budget, ...]:
    """The budgets that a call of today is paid from; in the order of their names, in which they are locked."""
    group = settings().llm
    month = today.replace(day=1)
    found = [
        Budget(Scope.DAY, f"day:{today}", group.budget_day_usd, today),
        Budget(Scope.MONTH, f"month:{today:%Y-%m}", group.budget_month_usd, month),
    ]
    if who.ticket_id is not None:
        found.append(Budget(Scope.TICKET, f"ticket:{who.ticket_id}", group.budget_ticket_usd))
    if who.customer_id is not None:
        name = f"customer:{who.customer_id}:{today}"
        found.append(Budget(Scope.CUSTOMER, name, group.budget_customer_usd, today))
    return tuple(sorted((one for one in found if one.limit), key=lambda one: one.name))


def spent_so_far(session: Session, today: date) -> dict[Scope, Decimal]:
    """Of the desk's own budgets, in dollars; also where there is no limit."""
    since = {Scope.DAY: today, Scope.MONTH: today.replace(day=1)}
    moments = {scope: datetime.combine(day, datetime.min.time(), UTC) for scope, day in since.items()}
    return {scope: session.execute(_SPENT_SINCE, {"since": at}).scalar_one() for scope, at in moments.items()}


def reserve(worst_usd: Decimal, *, hold_s: float) -> Reservation:
    """Set the cost aside. After `hold_s` seconds without a settlement it is free again: its process has died.

    Raises CallError when a budget has no room for it, or cannot be asked.
    """
    wanted = budgets(payer(), datetime.now(UTC).date()) if worst_usd else ()
    reservation = Reservation(uuid.uuid4(), wanted)
    if not wanted:
        return reservation
    try:
        with transaction() as session:
            full = _reserve(session, reservation, worst_usd, hold_s)
    except (SQLAlchemyError, DeskfleetError) as error:
        log.warning("no budget could be asked: %s", type(error).__name__)
        raise CallError(Fault.BUDGET) from None
    for budget in full:
        record_budget_refusal(budget.scope)
    if full:
        raise CallError(Fault.BUDGET)
    return reservation


def _reserve(session: Session, reservation: Reservation, worst_usd: Decimal, hold_s: float) -> list[Budget]:
    """The budgets that have no room; when there are none, the cost is reserved in all of them."""
    rows = _locked(session, reservation.budgets)
    reserved = _reserved(session, reservation.budgets)
    full = []
    for budget in reservation.budgets:
        row = rows[budget.name]
        if row.spent + reserved.get(budget.name, Decimal(0)) + worst_usd > budget.limit:
            full.append(budget)
            # With nothing under way there would be no room either: this budget is used up.
            if row.spent + worst_usd > budget.limit:
                _warn(session, budget, row, 100)
    if not full:
        values = {"id": reservation.call_id, "amount": worst_usd, "hold_s": hold_s}
        session.execute(_INSERT, [{**values, "budget": budget.name} for budget in reservation.budgets])
    return full


def settle(session: Session, reservation: Reservation, cost_usd: Decimal) -> None:
    """Replace what was reserved by what it cost."""
    if not reservation.budgets:
        return
    rows = _locked(session, reservation.budgets)
    names = [budget.name for budget in reservation.budgets]
    session.execute(_RELEASE, {"id": reservation.call_id, "names": names})
    session.execute(_SPEND, {"cost": cost_usd, "names": names})
    for budget in reservation.budgets:
        row = rows[budget.name]
        share = (row.spent + cost_usd) / budget.limit
        if budget.scope in (Scope.DAY, Scope.MONTH):
            after_commit(session, functools.partial(record_budget_share, budget.scope, float(share)))
        passed = next((percent for percent in _WARNINGS if share * 100 >= percent), 0)
        _warn(session, budget, row, passed)


def _warn(session: Session, budget: Budget, row: _Row, percent: int) -> None:
    if percent <= row.warned:
        return
    session.execute(_WARNED, {"name": budget.name, "percent": percent})
    events.publish(session, "budget.warned", scope=budget.scope.value, budget=budget.name, percent=percent)
    after_commit(session, functools.partial(record_budget_warning, budget.scope, percent))
    after_commit(
        session, functools.partial(log.warning, "%d %% of the budget %s is used", percent, budget.name)
    )


def _locked(session: Session, wanted: Sequence[Budget]) -> dict[str, _Row]:
    """The rows of the budgets, locked in one order everywhere. A budget's first call makes its row."""
    names = [budget.name for budget in wanted]
    found = session.execute(_LOCK, {"names": names}).all()
    if len(found) < len(names):
        for budget in wanted:
            session.execute(_OPEN, {"name": budget.name, "limit": budget.limit, **_where(budget)})
        found = session.execute(_LOCK, {"names": names}).all()
    limits = {budget.name: budget.limit for budget in wanted}
    # What was told of another limit says nothing of this one.
    rows = {name: _Row(spent, warned if limit == limits[name] else 0) for name, limit, spent, warned in found}
    for name, limit, _spent, _warned in found:
        if limit != limits[name]:
            session.execute(_RELIMIT, {"name": name, "limit": limits[name]})
    return rows


def _reserved(session: Session, wanted: Sequence[Budget]) -> dict[str, Decimal]:
    """By calls under way. A statement of its own: it must see what was committed while the lock was awaited."""
    found = session.execute(_RESERVED, {"names": [budget.name for budget in wanted]})
    return {name: amount for name, amount in found}


def _where(budget: Budget) -> dict[str, object]:
    """What of the calls so far belongs to a budget whose limit was set just now."""
    number = (
        int(budget.name.split(":")[1]) if budget.since is None or budget.scope is Scope.CUSTOMER else None
    )
    return {
        "since": datetime.combine(budget.since or date.min, datetime.min.time(), UTC),
        "ticket": number if budget.scope is Scope.TICKET else None,
        "customer": number if budget.scope is Scope.CUSTOMER else None,
    }


_LOCK = text(
    "select name, limit_usd, spent_usd, warned from llm_budgets where name = any(:names) order by name for update"
)
_OPEN = text("""
insert into llm_budgets (name, limit_usd, spent_usd)
select :name, :limit, coalesce(sum(cost_usd), 0) from llm_calls
where at >= :since and (cast(:ticket as bigint) is null or ticket_id = :ticket)
    and (cast(:customer as bigint) is null or customer_id = :customer)
on conflict (name) do nothing
""")
_SPENT_SINCE = text("select coalesce(sum(cost_usd), 0) from llm_calls where at >= :since")
_RELIMIT = text("update llm_budgets set limit_usd = :limit, warned = 0 where name = :name")
_RESERVED = text("""
select budget, sum(amount_usd) from llm_reservations
where budget = any(:names) and expires_at > clock_timestamp() group by budget
""")
_INSERT = text("""
insert into llm_reservations (budget, call_id, amount_usd, expires_at)
values (:budget, :id, :amount, clock_timestamp() + make_interval(secs => :hold_s))
""")
# Expired ones go with it: nobody will settle them.
_RELEASE = text("""
delete from llm_reservations
where budget = any(:names) and (call_id = :id or expires_at < clock_timestamp() - interval '1 hour')
""")
_SPEND = text("update llm_budgets set spent_usd = spent_usd + :cost where name = any(:names)")
_WARNED = text("update llm_budgets set warned = :percent where name = :name")
