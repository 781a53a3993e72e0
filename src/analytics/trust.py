"""How far the agent's answers can be trusted, as far as it is known: for the page of managers and for REST."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from analytics import audit_sample, gate_states, gates, honesty
from analytics.calibration import Promise
from analytics.gates import CategoryGate
from analytics.honesty import Honesty
from runtime.analytics_settings import Gating
from runtime.settings import settings


@dataclass(frozen=True)
class CategoryTrust:
    """`proven`: what the labels of now prove; `in_force`: the threshold of last night's reckoning, None: closed."""

    category: str
    proven: CategoryGate
    in_force: float | None
    honesty: Honesty

    @property
    def state(self) -> Literal["open", "closed", "drifted"]:
        if self.proven.drifted:
            return "drifted"
        return "closed" if self.in_force is None else "open"


@dataclass(frozen=True)
class Trust:
    gating: Gating
    promise: Promise
    honesty: Honesty
    categories: tuple[CategoryTrust, ...]
    open_checks: int


def read(session: Session, now: datetime) -> Trust:
    """All of it, from one reading of the labels."""
    labels = gates.labels(session)
    parts: dict[str, list[gates.Label]] = {}
    for one in labels:
        parts.setdefault(one.category, []).append(one)
    proven = gates.of_labels(parts, gate_states.promise(), now)
    in_force = {one.category: one.threshold for one in gate_states.read(session)}
    return Trust(
        gating=settings().analytics.gate,
        promise=gate_states.promise(),
        honesty=honesty.measure(one.checked for one in labels),
        categories=tuple(
            CategoryTrust(name, gate, in_force.get(name), honesty.measure(one.checked for one in parts[name]))
            for name, gate in proven.items()
        ),
        open_checks=audit_sample.count_open(session),
    )
