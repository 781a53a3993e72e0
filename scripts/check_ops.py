"""Checks what the tests do not run: deployment, alerts, dashboards, workflows, and that the documents are true.

Run by `make check-ops`. A tool that is missing is installed, or the check fails; nothing is skipped.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # Called by its path, Python looks for modules beside this file alone.

from scripts import cost_table  # noqa: E402  # found only now
from scripts.checks import (  # noqa: E402  # found only now
    alerting,
    commands,
    compose,
    documents,
    grafana,
    image,
    kubernetes,
    logs_overlay,
    migrations,
    terraform,
    workflows,
)
from scripts.checks.tools import Missing  # noqa: E402  # found only now

CHECKS: tuple[Callable[[Path], list[str]], ...] = (
    compose.compose_is_valid,
    compose.compose_fits_its_schema,
    compose.services_are_sound,
    compose.commands_and_queues_exist,
    image.image_has_its_files,
    image.image_recipe_is_clean,
    kubernetes.manifests_fit_their_schemas,
    kubernetes.manifests_keep_the_rules,
    logs_overlay.logs_overlay_is_sound,
    terraform.terraform_is_formatted,
    terraform.plans_keep_the_rules,
    migrations.migrations_stay_online,
    workflows.workflows_are_valid,
    workflows.workflows_are_safe,
    workflows.workflows_call_what_exists,
    workflows.shell_scripts_are_sound,
    alerting.generated_files_are_fresh,
    alerting.rules_are_sound,
    alerting.rules_pass_their_tests,
    alerting.rules_ask_for_what_is_exported,
    alerting.every_alert_has_its_runbook,
    alerting.alerts_reach_people,
    grafana.dashboards_are_sound,
    commands.runbook_commands_exist,
    documents.settings_exist,
    documents.links_resolve,
    documents.documents_are_true,
    cost_table.costs_are_fresh,
)


def main(root: Path = ROOT) -> int:
    failed = 0
    for check in CHECKS:
        began = time.monotonic()
        try:
            problems = check(root)
        except (Missing, FileNotFoundError) as error:
            problems = [str(error)]
        failed += bool(problems)
        state = f"{'FAILED' if problems else 'ok':7} {check.__name__} ({time.monotonic() - began:.1f} s)"
        print("\n".join([state, *(f"  {one}" for one in problems)]), flush=True)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
