"""How many people a volume needs: queueing formulas for a service level, shrinkage, shifts. Pure arithmetic.

Customers arrive at random (Poisson), handling takes exponential time, whoever waits may lose patience (exponential).
Formulas: Mandelbaum and Zeltyn, "Service engineering in action: the Palm/Erlang-A queue", 2007, section on M/M/n+G;
without patience they are Erlang C (Erlang 1917). Rates are per second; they hold for a steady hour, not for a rush.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from runtime.errors import InvalidInput

_MOST_STAFF = 5_000
_GRID = 4_000


@dataclass(frozen=True)
class Load:
    """What comes in one hour: contacts, and the mean seconds of work on each; mean patience, or None: endless."""

    contacts: float
    handling_s: float
    patience_s: float | None = None

    def __post_init__(self) -> None:
        positive = (self.handling_s, self.patience_s if self.patience_s is not None else 1.0)
        if not (
            math.isfinite(self.contacts)
            and self.contacts >= 0
            and all(0 < one < math.inf for one in positive)
        ):
            raise InvalidInput("Contacts are 0 or more; handling time and patience are more than 0 seconds.")

    @property
    def erlangs(self) -> float:
        return self.contacts * self.handling_s / 3600


@dataclass(frozen=True)
class Goal:
    """`share` of the contacts is answered `within_s` seconds; staff are away for `shrinkage` of their paid time."""

    share: float = 0.8
    within_s: float = 60.0
    shrinkage: float = 0.3

    def __post_init__(self) -> None:
        if not (0 < self.share < 1 and 0 <= self.within_s < math.inf and 0 <= self.shrinkage < 1):
            raise InvalidInput(
                "A share lies between 0 and 1, shrinkage below 1, and the time is 0 seconds or more."
            )


@dataclass(frozen=True)
class Service:
    """What customers meet with so many at work. `lost`: gave up; `wait_s`: mean, of those who gave up too."""

    staff: int
    answered_in_time: float
    lost: float
    wait_s: float
    occupancy: float


@dataclass(frozen=True)
class Need:
    """`at_work` at their desks, `scheduled` on the roster after shrinkage, and what that gives customers."""

    at_work: int
    scheduled: int
    service: Service


def blocked(servers: int, erlangs: float) -> float:
    """Erlang B by its recursion B(n) = a·B(n−1) / (n + a·B(n−1)), which does not overflow."""
    found = 1.0
    for number in range(1, servers + 1):
        found = erlangs * found / (number + erlangs * found)
    return found


def service(load: Load, staff: int, within_s: float) -> Service:
    """With patience (Erlang A) any number of staff is steady; without it (Erlang C) too few never catch up."""
    if load.contacts == 0:
        return Service(staff, 1.0, 0.0, 0.0, 0.0)
    if staff < 1:
        return Service(staff, 0.0, 1.0 if load.patience_s else 0.0, load.patience_s or math.inf, 1.0)
    if load.patience_s is None:
        return _erlang_c(load, staff, within_s)
    return _erlang_a(load, staff, within_s, load.patience_s)


def _erlang_c(load: Load, staff: int, within_s: float) -> Service:
    """C = B / (1 − ρ(1 − B)); P(wait > t) = C·exp(−(n − a)·t / handling)."""
    free = staff - load.erlangs
    if free <= 0:
        return Service(staff, 0.0, 0.0, math.inf, 1.0)
    block = blocked(staff, load.erlangs)
    rho = load.erlangs / staff
    waits = block / (1 - rho * (1 - block))
    in_time = 1 - waits * math.exp(-free * within_s / load.handling_s)
    return Service(staff, in_time, 0.0, waits * load.handling_s / free, rho)


def _erlang_a(load: Load, staff: int, within_s: float, patience_s: float) -> Service:
    """With G the share that has given up after v: the density of the offered wait is λ·exp(λ∫₀ᵛ(1−G) − nμv) / (ε + λJ).

    ε = 1 / B(n − 1, a), J the integral of that exponential; P(lost) = (1 + (λ − nμ)J) / (ε + λJ), and the mean wait is
    P(lost) times the mean patience.
    """
    arrivals, served = load.contacts / 3600, staff / load.handling_s
    wait = _waits(arrivals, served, patience_s, within_s)
    exponent = arrivals * patience_s * -np.expm1(-wait / patience_s) - served * wait
    top = float(exponent.max())  # Scaled by it, so that an overload does not overflow.
    density = np.exp(exponent - top)
    epsilon = math.exp(-top) / blocked(staff - 1, load.erlangs)
    whole = epsilon + arrivals * float(np.trapezoid(density, wait))
    patient = density * np.exp(-wait / patience_s)
    soon = wait <= within_s
    in_time = (epsilon + arrivals * float(np.trapezoid(patient[soon], wait[soon]))) / whole
    answered = (epsilon + arrivals * float(np.trapezoid(patient, wait))) / whole
    lost = min(1.0, max(0.0, 1.0 - answered))
    occupancy = load.erlangs * (1 - lost) / staff
    return Service(staff, min(in_time, 1.0), lost, lost * patience_s, occupancy)


def _waits(arrivals: float, served: float, patience_s: float, within_s: float) -> NDArray[np.float64]:
    """A grid of waits to where the density is gone, fine where it changes, with `within_s` among them."""
    crest = patience_s * math.log(max(arrivals / served, 1.0))
    width = math.sqrt(patience_s / served)
    if served > arrivals:  # Then the queue empties by work before it does by impatience.
        width = min(width, 1 / (served - arrivals))
    width += 1 / served
    end = crest + 40 * width + 1e-9
    grid = np.linspace(0.0, end, _GRID)
    near = np.linspace(0.0, min(within_s, end), _GRID)
    return np.unique(np.concatenate([grid, near]))


def needed(load: Load, goal: Goal) -> Need:
    """The fewest that keep the goal; the share answered in time grows with every further one."""
    low, high = 0, max(1, math.ceil(load.erlangs))
    while service(load, high, goal.within_s).answered_in_time < goal.share:
        low, high = high, high * 2
        if high > _MOST_STAFF:
            raise InvalidInput(f"More than {_MOST_STAFF:,} people would be needed.")
    while high - low > 1:
        middle = (low + high) // 2
        if service(load, middle, goal.within_s).answered_in_time < goal.share:
            low = middle
        else:
            high = middle
    if load.contacts == 0:
        high = 0
    return Need(high, math.ceil(high / (1 - goal.shrinkage) - 1e-9), service(load, high, goal.within_s))


def shifts(needs: Sequence[int], hours: int = 8) -> dict[int, int]:
    """How many begin at which hour so that each hour is covered by the fewest people; the day goes round.

    An integer programme: minimise Σx with every hour's sum of the shifts that cover it at least its need.
    """
    count = len(needs)
    if not 1 <= hours <= count:
        raise InvalidInput(f"A shift has 1 to {count} hours.")
    covers = np.array([[(hour - start) % count < hours for start in range(count)] for hour in range(count)])
    found = milp(
        np.ones(count),
        constraints=LinearConstraint(covers.astype(np.float64), lb=np.array(needs, dtype=np.float64)),
        integrality=np.ones(count),
        bounds=Bounds(0, np.inf),
    )
    return {start: round(number) for start, number in enumerate(found.x) if round(number)}
