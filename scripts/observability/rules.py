"""What an alert, a recording rule and an objective are, and how they read as Prometheus' rules. Pure."""

import re
from dataclasses import dataclass, field
from typing import Any

RUNBOOKS = "https://github.com/deskfleet/deskfleet/blob/main/docs/runbooks"


@dataclass(frozen=True)
class Level:
    """One threshold of an alert. `critical` wakes somebody, `warning` becomes a ticket, `info` is seen on a page."""

    severity: str
    expr: str
    wait: str = "5m"


@dataclass(frozen=True)
class Alert:
    """Several levels are one alert with one runbook."""

    name: str
    summary: str
    levels: tuple[Level, ...]
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def page(self) -> str:
        return f"{page_of(self.name)}.md"


@dataclass(frozen=True)
class Objective:
    """`bad` and `total` are rates over the window `{w}`; `target` is the share of good ones in 30 days."""

    name: str
    target: float
    bad: str
    total: str
    summary: str
    least: float = 0.02  # Of `total` a second: below it one failure would look like a catastrophe.

    @property
    def alert(self) -> str:
        return "".join(part.capitalize() for part in self.name.split("_")) + "BudgetBurns"


# A page when 2 % of a month's budget is gone in an hour or 5 % in six; a ticket when 10 % is in one or three days.
BURNS = {
    "critical": ((14.4, "1h", "5m"), (6.0, "6h", "30m")),
    "warning": ((3.0, "1d", "2h"), (1.0, "3d", "6h")),
}
_WAITS = {"critical": "2m", "warning": "1h"}
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


def page_of(alert: str) -> str:
    """HttpErrors → http-errors, the name of its runbook."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alert).lower()


def as_rules(alert: Alert) -> list[dict[str, Any]]:
    return [
        {
            "alert": alert.name,
            "expr": " ".join(level.expr.split()),
            "for": level.wait,
            "labels": {"severity": level.severity, **alert.labels},
            "annotations": {"summary": alert.summary, "runbook_url": f"{RUNBOOKS}/{alert.page}"},
        }
        for level in alert.levels
    ]


def _over(rate: str, window: str) -> str:
    return rate.replace("{w}", window)


def recordings(objective: Objective) -> list[dict[str, Any]]:
    """The share of bad ones over each window, and how many there were."""
    labels = {"slo": objective.name}
    shares = [
        {
            "record": f"deskfleet:slo_bad_share:{window}",
            "expr": f"({_over(objective.bad, window)} or vector(0)) / {_over(objective.total, window)}",
            "labels": labels,
        }
        for window in WINDOWS
    ]
    volumes = [
        {
            "record": f"deskfleet:slo_volume:{window}",
            "expr": _over(objective.total, window),
            "labels": labels,
        }
        for window in ("1h", "6h", "1d", "3d")
    ]
    return shares + volumes


def burning(objective: Objective) -> Alert:
    """The alert of several windows: the long one says that it matters, the short one that it still goes on."""
    levels = tuple(
        Level(severity, " or ".join(_burns(objective, *one) for one in pairs), _WAITS[severity])
        for severity, pairs in BURNS.items()
    )
    return Alert(objective.alert, objective.summary, levels)


def _burns(objective: Objective, factor: float, long: str, short: str) -> str:
    most, chosen = f"{factor * (1 - objective.target):.6g}", f'{{slo="{objective.name}"}}'
    return (
        f"(deskfleet:slo_bad_share:{long}{chosen} > {most} and deskfleet:slo_bad_share:{short}{chosen} > {most}"
        f" and deskfleet:slo_volume:{long}{chosen} > {objective.least})"
    )
