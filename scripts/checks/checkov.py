"""checkov over manifests, Terraform, the image's recipe and workflows; what it may find stands in ops/checkov.yaml."""

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.checks.tools import Missing, program, run, said
from scripts.own_environment import program_of

_REASON = 30  # Characters: less is no reason.


@dataclass(frozen=True)
class Finding:
    check: str
    resource: str
    name: str


@dataclass(frozen=True)
class Excuse:
    check: str
    of: str
    because: str

    def covers(self, found: Finding) -> bool:
        return found.check == self.check and found.resource.startswith(self.of)


def checkov_is_content(root: Path) -> list[str]:
    """Raises Missing when checkov cannot be had, or read nothing."""
    found = [one for framework in _FRAMEWORKS for one in _findings(root, framework)]
    return judged(found, excuses(root))


def excuses(root: Path) -> list[Excuse]:
    return [Excuse(**one) for one in yaml.safe_load((root / "ops" / "checkov.yaml").read_text("utf-8"))]


def judged(found: Iterable[Finding], excused: list[Excuse]) -> list[str]:
    """What nobody excused, and the excuses that excuse nothing."""
    found = list(found)
    open_ones = [one for one in found if not any(excuse.covers(one) for excuse in excused)]
    problems = [f"{one.check} {one.resource}: {one.name}" for one in open_ones]
    for excuse in excused:
        if not any(excuse.covers(one) for one in found):
            problems.append(f"ops/checkov.yaml: {excuse.check} of {excuse.of} is not found any more")
        if len(excuse.because) < _REASON:
            problems.append(f"ops/checkov.yaml: {excuse.check} of {excuse.of} has no reason")
    return problems


_FRAMEWORKS = ("terraform", "dockerfile", "github_actions", "kubernetes")


def _findings(root: Path, framework: str) -> list[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        where = {
            "terraform": ("-d", str(root / "terraform")),
            "dockerfile": ("-f", str(root / "Dockerfile")),
            "github_actions": ("-d", str(root / ".github" / "workflows")),
            "kubernetes": ("-f", str(_rendered(root, Path(folder)))),
        }[framework]
        done = run(
            program_of(root, "checkov"),
            *where,
            "--framework",
            framework,
            "--compact",
            "--quiet",
            "-o",
            "json",
        )
    try:
        told = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise Missing(f"checkov did not read {framework}: {said(done)}") from None
    return [one for report in (told if isinstance(told, list) else [told]) for one in _read(report, root)]


def _read(report: dict[str, Any], root: Path) -> list[Finding]:
    if not report.get("summary", {}).get("passed") or report["summary"]["parsing_errors"]:
        raise Missing(f"checkov found nothing to look at: {str(report)[:300]}")
    return [
        Finding(one["check_id"], one["resource"].removeprefix(f"{root}/"), one["check_name"])
        for one in report["results"]["failed_checks"]
    ]


def _rendered(root: Path, folder: Path) -> Path:
    done = run(program("kubectl"), "kustomize", str(root / "k8s" / "overlays" / "production"))
    if done.returncode:
        raise Missing(f"k8s/overlays/production: {said(done)}")
    made = folder / "production.yaml"
    made.write_text(done.stdout)
    return made
