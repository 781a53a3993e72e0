"""What is planted into the rules, their tests, the routes, the runbooks and the dashboards is found."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.checks import alerting, commands, grafana
from scripts.observability import exporters, generate
from scripts.observability.alerts import ALERTS
from scripts.observability.rules import page_of

ROOT = Path(__file__).resolve().parents[3]
PAGES = "docs/runbooks"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    for name in ("ops", "k8s", PAGES):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def change(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("check", "name", "old", "new", "problem"),
    [
        (
            alerting.generated_files_are_fresh,
            "ops/prometheus/rules/pipeline.yml",
            "> 500",
            "> 5000",
            "pipeline.yml: is not what",
        ),
        (
            alerting.generated_files_are_fresh,
            "k8s/base/alerts.yaml",
            "> 500",
            "> 5000",
            "alerts.yaml: is not what",
        ),
        (
            alerting.rules_are_sound,
            "ops/prometheus/rules/models.yml",
            "max by (scope)",
            "max by scope",
            "models.yml",
        ),
        (
            alerting.rules_are_sound,
            "ops/prometheus/prometheus.yml",
            "scrape_configs",
            "scrape_config",
            "not found in type",
        ),
        (
            alerting.rules_ask_for_what_is_exported,
            "ops/prometheus/rules/models.yml",
            "deskfleet_budget_used_share",
            "deskfleet_budget_used",
            "BudgetUsed: nobody exports deskfleet_budget_used",
        ),
        (
            alerting.every_alert_has_its_runbook,
            f"{PAGES}/http-slow.md",
            "## Impact",
            "## Effect",
            "http-slow.md: has Meaning, Effect",
        ),
        (
            alerting.alerts_reach_people,
            "ops/alertmanager/alertmanager.yml",
            "matchers: [severity = critical]",
            "matchers: [severity = grave]",
            "severity=critical goes to tickets, not to pagerduty",
        ),
        (
            alerting.alerts_reach_people,
            "ops/alertmanager/alertmanager.yml",
            "routing_key_file: /run/secrets/pagerduty_key",
            "routing_key: 0123",
            "routing_key stands in the open",
        ),
        (
            alerting.alerts_reach_people,
            "ops/alertmanager/alertmanager.yml",
            "receiver: nobody",
            "receiver: somebody",
            "undefined receiver",
        ),
        (
            commands.runbook_commands_exist,
            f"{PAGES}/mailbox-silent.md",
            "mail boxes",
            "mail bokses",
            "deskfleet mail bokses does not exist",
        ),
        (
            commands.runbook_commands_exist,
            f"{PAGES}/mailbox-silent.md",
            "deploy/poller",
            "deploy/pollers",
            "deploy pollers does not exist",
        ),
        (
            grafana.dashboards_are_sound,
            "ops/grafana/dashboards/models.json",
            "deskfleet_llm_tokens_total",
            "deskfleet_llm_token_total",
            "Tokens: nobody exports deskfleet_llm_token_total",
        ),
        (
            grafana.dashboards_are_sound,
            "ops/grafana/dashboards/models.json",
            "sum by (purpose, kind)",
            "sum by (purpose, kind",
            "Tokens: ",
        ),
        (
            grafana.dashboards_are_sound,
            "ops/grafana/provisioning/datasources/datasources.yaml",
            "uid: prometheus",
            "uid: prom",
            "no data source prometheus",
        ),
    ],
)
def test_what_is_planted_is_found(
    repo: Path, check: Callable[[Path], list[str]], name: str, old: str, new: str, problem: str
) -> None:
    assert check(repo) == []
    change(repo, name, old, new)
    assert any(problem in found for found in check(repo)), check(repo)


def test_a_threshold_that_is_not_what_the_case_expects_fails(repo: Path) -> None:
    for file in (repo / generate.UNIT_TESTS).glob("*.yml"):
        if not file.name.startswith("models.1m"):
            file.unlink()
    assert alerting.rules_pass_their_tests(repo) == []
    change(repo, "ops/prometheus/rules/models.yml", ">= 0.8\n", ">= 0.7\n")
    (problem,) = alerting.rules_pass_their_tests(repo)
    assert "BudgetUsed" in problem


def test_a_missing_and_an_orphaned_runbook_are_named(repo: Path) -> None:
    (repo / PAGES / "watchdog.md").rename(repo / PAGES / "watch-cat.md")
    assert alerting.every_alert_has_its_runbook(repo) == [
        "docs/runbooks: watchdog.md is missing",
        "docs/runbooks: watch-cat.md belongs to no alert",
    ]


def test_a_panel_without_a_description_is_named(repo: Path) -> None:
    file = repo / "ops/grafana/dashboards/customers.json"
    board = json.loads(file.read_text())
    board["panels"][0]["description"] = ""
    file.write_text(json.dumps(board))
    assert grafana.dashboards_are_sound(repo) == [
        "customers.json: Solved by the agent: has no description or no unit"
    ]


def test_every_metric_of_a_query_is_found_however_deep() -> None:
    query = (
        "histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m]))) > 1 and absent(b) or time() - max(c) > -d"
    )
    assert alerting.metrics_of(query) == {"a_bucket", "b", "c", "d"}
    assert alerting.metrics_of("topk(3, sum_over_time(sum(increase(e[5m]))[1h:5m])) / (f)") == {"e", "f"}


def test_the_metrics_are_read_off_the_product() -> None:
    known = exporters.known_metrics()
    assert {"deskfleet_http_request_seconds_bucket", "deskfleet_llm_cost_usd_total", "probe_success"} <= known
    assert "deskfleet_llm_cost_usd" not in known


def test_alerts_have_one_page_each_and_levels_in_order() -> None:
    assert len({page_of(one.name) for one in ALERTS}) == len(ALERTS)
    order = {"none": 0, "info": 1, "warning": 2, "critical": 3}
    for one in ALERTS:
        levels = [order[level.severity] for level in one.levels]
        assert len(set(levels)) == len(levels), one.name
