"""Rules, their unit tests, their runbooks, the routes to people, and that what they ask for is exported."""

import re
from pathlib import Path

import promql_parser
import yaml

from scripts.checks.tools import program, run, said
from scripts.observability import generate
from scripts.observability.alerts import ALERTS
from scripts.observability.cases import CASES
from scripts.observability.exporters import known_metrics

HEADINGS = ("Meaning", "Impact", "Diagnosis", "Mitigation")
ALERTMANAGER = Path("ops/alertmanager/alertmanager.yml")
# Labels of an alert → who hears of it.
ROUTES = {
    ("alertname=HttpErrors", "severity=critical"): "pagerduty",
    ("alertname=HttpErrors", "severity=warning"): "tickets",
    ("alertname=HttpErrors", "severity=info"): "nobody",
    ("alertname=Watchdog", "severity=none"): "dead-man",
}
_SECRET_IN_FILE = re.compile(r"(routing_key|service_key|credentials|password|api_key): *\S")


def generated_files_are_fresh(root: Path) -> list[str]:
    return generate.stale(root)


def rules_are_sound(root: Path) -> list[str]:
    files = sorted((root / generate.RULES).glob("*.yml"))
    checked = run(program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *map(str, files))
    configured = run(
        program("promtool"), "check", "config", "--syntax-only", str(root / "ops/prometheus/prometheus.yml")
    )
    return [f"{generate.RULES}: {said(one)}" for one in (checked, configured) if one.returncode]


def rules_pass_their_tests(root: Path) -> list[str]:
    """promtool's, and each alert has one."""
    tested = {case.alert for case in CASES if case.severities} | {"Watchdog"}
    problems = [f"{one.name}: has no case" for one in ALERTS if one.name not in tested]
    for file in sorted((root / generate.UNIT_TESTS).glob("*.yml")):
        done = run(program("promtool"), "test", "rules", file.name, cwd=file.parent)
        problems += [f"{file.name}: {said(done)}"] if done.returncode else []
    return problems


def rules_ask_for_what_is_exported(root: Path) -> list[str]:
    known = known_metrics() | generate.recorded()
    return [
        f"{rule.get('alert') or rule['record']}: nobody exports {name}"
        for rule in _rules(root)
        for name in sorted(metrics_of(rule["expr"]) - known)
    ]


def metrics_of(query: str) -> set[str]:
    """Names of the metrics that a query asks for. Raises ValueError when it is none."""
    return set(_selectors(promql_parser.parse(query)))


def _selectors(node: object) -> list[str]:
    if isinstance(node, promql_parser.VectorSelector):
        return [str(node.name)]
    inner = [
        getattr(node, name, None) for name in ("expr", "lhs", "rhs", "vs", "vector_selector", "param", "args")
    ]
    flat = [one for part in inner if part is not None for one in (part if isinstance(part, list) else [part])]
    return [found for one in flat for found in _selectors(one)]


def _rules(root: Path) -> list[dict[str, str]]:
    files = sorted((root / generate.RULES).glob("*.yml"))
    return [
        rule
        for file in files
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]


def every_alert_has_its_runbook(root: Path) -> list[str]:
    folder = root / "docs" / "runbooks"
    pages = {one.name for one in folder.glob("*.md")} - {"README.md"}
    wanted = {alert.page for alert in ALERTS}
    problems = [f"docs/runbooks: {one} is missing" for one in sorted(wanted - pages)]
    problems += [f"docs/runbooks: {one} belongs to no alert" for one in sorted(pages - wanted)]
    for page in sorted(wanted & pages):
        heads = tuple(re.findall(r"^## (.+)$", (folder / page).read_text(encoding="utf-8"), re.MULTILINE))
        if heads != HEADINGS:
            problems.append(f"docs/runbooks/{page}: has {', '.join(heads)}, not {', '.join(HEADINGS)}")
    return problems


def alerts_reach_people(root: Path) -> list[str]:
    """The configuration is valid, names no secret, and leads each severity where it belongs."""
    file, amtool = root / ALERTMANAGER, program("amtool")
    checked = run(amtool, "check-config", str(file))
    if checked.returncode:
        return [f"{ALERTMANAGER}: {said(checked)}"]
    problems = [
        f"{ALERTMANAGER}: {one} stands in the open" for one in _SECRET_IN_FILE.findall(file.read_text())
    ]
    for labels, receiver in ROUTES.items():
        done = run(amtool, "config", "routes", "test", "--config.file", str(file), *labels)
        found = done.stdout.strip()
        if found != receiver:
            problems.append(f"{ALERTMANAGER}: {' '.join(labels)} goes to {found}, not to {receiver}")
    return problems
