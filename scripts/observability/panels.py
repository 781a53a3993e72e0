"""What a panel and a dashboard are. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """Grafana's own names."""

    SHARE = "percentunit"
    SECONDS = "s"
    PER_SECOND = "ops"
    USD = "currencyUSD"
    COUNT = "short"
    BYTES = "bytes"
    STATE = "bool_yes_no"


@dataclass(frozen=True)
class Query:
    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One question, with the answer's unit. `now`: a figure instead of a curve."""

    title: str
    description: str
    unit: Unit
    queries: tuple[Query, ...]
    now: bool = False
    # What only a cluster or an exporter beside the product can answer.
    elsewhere: bool = False


@dataclass(frozen=True)
class Dashboard:
    name: str
    title: str
    panels: tuple[Panel, ...]


def one(title: str, description: str, unit: Unit, expr: str, legend: str = "", **options: bool) -> Panel:
    return Panel(title, description, unit, (Query(expr, legend),), **options)


def quantiles(title: str, description: str, metric: str, by: str = "", chosen: str = "") -> Panel:
    """The middle one and the slowest twentieth, of a histogram."""
    labels = f"le, {by}" if by else "le"
    queries = tuple(
        Query(
            f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{{{chosen}}}[$__rate_interval])))",
            f"{name} {{{{{by}}}}}" if by else name,
        )
        for share, name in ((0.5, "p50"), (0.95, "p95"))
    )
    return Panel(title, description, Unit.SECONDS, queries)


def rate(metric: str, by: str, chosen: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{chosen}}}[$__rate_interval]))"
