"""The dashboards: as generated, every panel explained, every query one that Prometheus could answer."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from scripts.checks.alerting import metrics_of
from scripts.observability import generate
from scripts.observability.exporters import known_metrics

PROVISIONING = "ops/grafana/provisioning"


def query_of(expr: str) -> str:
    """As Grafana sends it, with its variables filled in."""
    return re.sub(r"\$__(rate_)?interval", "5m", expr)


def dashboards_are_sound(root: Path) -> list[str]:
    known = known_metrics() | generate.recorded()
    problems = []
    for file in sorted((root / generate.DASHBOARDS).glob("*.json")):
        board = json.loads(file.read_text(encoding="utf-8"))
        problems += [f"{file.name}: {one}" for one in _wrong(board, known)]
    return problems + _sources_are_provisioned(root)


def _wrong(board: dict[str, Any], known: set[str] | frozenset[str]) -> list[str]:
    problems = []
    for panel in board["panels"]:
        name = panel.get("title") or "a panel without a title"
        if not panel.get("description") or not panel["fieldConfig"]["defaults"].get("unit"):
            problems.append(f"{name}: has no description or no unit")
        for target in panel["targets"]:
            try:
                asked = metrics_of(query_of(target["expr"]))
            except ValueError as error:
                problems.append(f"{name}: {error}")
                continue
            problems += [f"{name}: nobody exports {one}" for one in sorted(asked - known)]
    ids = [panel["id"] for panel in board["panels"]]
    return problems + (["two panels have one id"] if len(set(ids)) < len(ids) else [])


def _sources_are_provisioned(root: Path) -> list[str]:
    text = (root / PROVISIONING / "datasources" / "datasources.yaml").read_text(encoding="utf-8")
    there = {one["uid"] for one in yaml.safe_load(text)["datasources"]}
    used = {
        uid
        for file in (root / generate.DASHBOARDS).glob("*.json")
        for uid in re.findall(r'"uid": "(?!deskfleet-)([^"]+)"', file.read_text(encoding="utf-8"))
    }
    return [f"{PROVISIONING}: there is no data source {one}" for one in sorted(used - there)]
