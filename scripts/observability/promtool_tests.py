"""The cases as promtool's unit tests: each alert fires, stays quiet, recovers, and says nothing of nothing. Pure."""

import re
from typing import Any

from scripts.observability.cases import CASES, Case, Values
from scripts.observability.rules import Alert

_COUNTER = re.compile(r"_(total|count|bucket)(\{|$)")


def unit_tests(group: str, alerts: tuple[Alert, ...]) -> dict[str, dict[str, Any]]:
    """What `promtool test rules` reads, for one group of rules: name of the file → its content.

    One file for each step of time, because that is how often promtool evaluates everything.
    """
    names = {alert.name for alert in alerts}
    cases = [case for case in CASES if case.alert in names]
    files = {}
    for step in dict.fromkeys(case.step for case in cases):
        tests = [one for case in cases if case.step == step for one in _groups(case)]
        tests += _of_nothing(names) if step == cases[0].step else []
        files[f"{group}.{step}.test.yml"] = {
            "rule_files": [f"{group}.yml"], "evaluation_interval": step, "tests": tests,
        }  # fmt: skip
    return files


def _groups(case: Case) -> list[dict[str, Any]]:
    calm = case.calm or case.steps
    ends: dict[int, tuple[str, ...]] = {case.steps: case.severities, case.steps + calm: ()}
    quiet: dict[int, tuple[str, ...]] = {case.steps: ()}
    return [
        _group(case, "fires and recovers", case.bad, case.good, ends),
        *([_group(case, "is quiet", case.good, case.good, quiet)] if case.severities else []),
    ]


def _group(
    case: Case, what: str, first: Values, then: Values, expected: dict[int, tuple[str, ...]]
) -> dict[str, Any]:
    calm = case.calm or case.steps
    return {
        "name": f"{case.alert} {what} ({', '.join(case.severities) or 'never'})",
        "interval": case.step,
        "input_series": [
            {
                "series": series,
                "values": _values(series, first.get(series), then.get(series), case.steps, calm),
            }
            for series in sorted({*first, *then})
        ],
        "promql_expr_test": [
            _expectation(case.alert, f"{int(step) * int(case.step[:-1])}{case.step[-1]}", severities)
            for step, severities in expected.items()
        ],
    }


def _values(series: str, first: float | None, then: float | None, steps: int, calm: int) -> str:
    """Promtool's notation: so many steps of one kind, then so many of the other."""
    if not _COUNTER.search(series):
        return " ".join(_steady(value, count) for value, count in ((first, steps), (then, calm)))
    grows, later = first or 0.0, then or 0.0
    return f"0+{grows:.12g}x{steps} {grows * steps + later:.12g}+{later:.12g}x{calm}"


def _steady(value: float | None, steps: int) -> str:
    """`1x5` is a value and five more, `_x5` is five gaps."""
    return f"_x{steps + 1}" if value is None else f"{value:.12g}x{steps}"


def _expectation(alert: str, at: str, severities: tuple[str, ...]) -> dict[str, Any]:
    return {
        "expr": f'count by (severity) (ALERTS{{alertname="{alert}",alertstate="firing"}})',
        "eval_time": at,
        "exp_samples": [{"labels": f'{{severity="{one}"}}', "value": 1} for one in severities],
    }


def _of_nothing(names: set[str]) -> list[dict[str, Any]]:
    """Without any series only those may fire that are about absence."""
    absent = sorted(({case.alert for case in CASES if case.absent} | {"Watchdog"}) & names)
    found = f'group by (alertname) (ALERTS{{alertname=~"{"|".join(sorted(names))}",alertstate="firing"}})'
    samples = [{"labels": f'{{alertname="{one}"}}', "value": 1} for one in absent]
    expected = {"expr": found, "eval_time": "1h", "exp_samples": samples}
    return [
        {"name": "without any series", "interval": "1m", "input_series": [], "promql_expr_test": [expected]}
    ]
