"""Writes what is made of `alerts`, `cases` and `dashboards`: `make ops-files`. `make check-ops` compares."""

import sys
from pathlib import Path
from typing import Any

import yaml

from scripts.observability import alerts, dashboards
from scripts.observability.grafana_json import as_json
from scripts.observability.promtool_tests import unit_tests
from scripts.observability.rules import as_rules, recordings

ROOT = Path(__file__).resolve().parents[2]
RULES = "ops/prometheus/rules"
DASHBOARDS = "ops/grafana/dashboards"
UNIT_TESTS = "ops/prometheus/tests"
IN_KUBERNETES = "k8s/base/alerts.yaml"
_HEAD = "# Made by `make ops-files` from scripts/observability: change it there.\n"


_IN_KUBERNETES = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "PrometheusRule",
    "metadata": {"name": "deskfleet", "labels": {"release": "prometheus"}},
}


class _Plain(yaml.SafeDumper):
    """Without anchors: a reader sees each rule whole."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _yaml(content: Any) -> str:  # noqa: ANN401  # any document
    return _HEAD + yaml.dump(content, Dumper=_Plain, sort_keys=False, width=110, allow_unicode=True)


def rule_groups() -> dict[str, list[dict[str, Any]]]:
    """Name of the group → its rules; what the objectives need is recorded before their alerts look at it."""
    recorded = [rule for one in alerts.OBJECTIVES for rule in recordings(one)]
    told = {name: [rule for one in group for rule in as_rules(one)] for name, group in alerts.GROUPS.items()}
    return told | {"objectives": recorded + told["objectives"]}


def files() -> dict[str, str]:
    """Path → content, of all that is generated."""
    groups = rule_groups()
    listed = [{"name": name, "rules": rules} for name, rules in groups.items()]
    made = {IN_KUBERNETES: _yaml({**_IN_KUBERNETES, "spec": {"groups": listed}})}
    for group in listed:
        name = str(group["name"])
        made[f"{RULES}/{name}.yml"] = _yaml({"groups": [group]})
        tests = unit_tests(name, alerts.GROUPS[name])
        made |= {f"{UNIT_TESTS}/{file}": _yaml(_beside(content)) for file, content in tests.items()}
    return made | {f"{DASHBOARDS}/{one.name}.json": as_json(one) for one in dashboards.DASHBOARDS}


def _beside(tests: dict[str, Any]) -> dict[str, Any]:
    """The tests lie in a folder of their own: Prometheus reads every file of the other one."""
    return {**tests, "rule_files": [f"../rules/{one}" for one in tests["rule_files"]]}


def recorded() -> set[str]:
    """Names of what the recording rules make."""
    return {rule["record"] for rules in rule_groups().values() for rule in rules if "record" in rule}


def stale(root: Path) -> list[str]:
    """Files that are not what they would be made now."""
    return [
        f"{name}: is not what `make ops-files` makes"
        for name, content in files().items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != content
    ]


def main(root: Path = ROOT) -> int:
    for name, content in files().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
