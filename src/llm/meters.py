"""Metrics of what bounds model calls: budgets, quotas, shared answers."""

from prometheus_client import Counter, Gauge

_warned = Counter("deskfleet_budget_warnings", "Shares of a budget that were passed", ["scope", "percent"])
_refused = Counter("deskfleet_budget_refusals", "Calls that a budget had no room for", ["scope"])
_used = Gauge("deskfleet_budget_used_share", "Spent share of the budget of the day and the month", ["scope"])
_spared = Counter("deskfleet_llm_spared", "Questions that another one's answer answered", ["purpose", "how"])
_held = Counter("deskfleet_llm_held_back", "Calls that a provider's limits had no room for", ["provider"])
_unwritten = Gauge("deskfleet_llm_unwritten_calls", "Calls whose row waits for the database")


def record_budget_warning(scope: str, percent: int) -> None:
    _warned.labels(scope, str(percent)).inc()


def record_budget_refusal(scope: str) -> None:
    _refused.labels(scope).inc()


def record_budget_share(scope: str, share: float) -> None:
    _used.labels(scope).set(share)


def record_spared(purpose: str, how: str) -> None:
    _spared.labels(purpose, how).inc()


def record_held_back(provider: str) -> None:
    _held.labels(provider).inc()


def record_unwritten(count: int) -> None:
    _unwritten.set(count)
