"""GitHub's workflows and the hooks of commits: valid, safe, and pinned to what nobody can change."""

import re
from pathlib import Path

import yaml

from scripts.checks.tools import own, run, said

_PINNED = re.compile(r"^(\./|docker://.+@sha256:|[\w.-]+/[\w./-]+@[0-9a-f]{40}$)")
_USES = re.compile(r"^\s*-?\s*uses: *(\S+)( *# *v\d\S*)?", re.MULTILINE)


def workflows_are_valid(root: Path) -> list[str]:
    files = sorted((root / ".github" / "workflows").glob("*.yml"))
    schemas = {"vendor.github-workflows": files, "vendor.dependabot": [root / ".github" / "dependabot.yml"]}
    problems = []
    for schema, checked in schemas.items():
        done = run(own("check-jsonschema"), "--builtin-schema", schema, *map(str, checked))
        problems += [f".github: {said(done)}"] if done.returncode else []
    return problems


def workflows_are_safe(root: Path) -> list[str]:
    """What zizmor finds, and every action by its commit with the version beside it."""
    done = run(own("zizmor"), "--offline", "--quiet", "--no-progress", "--color=never", str(root / ".github"))
    problems = [f".github: {said(done)}"] if done.returncode else []
    for file in sorted((root / ".github" / "workflows").glob("*.yml")):
        for action, version in _USES.findall(file.read_text(encoding="utf-8")):
            if not _PINNED.match(action) or ("@" in action and not version):
                problems.append(
                    f"{file.name}: {action} is not pinned to a commit, or its version is not told"
                )
    return problems


def workflows_call_what_exists(root: Path) -> list[str]:
    """The make targets that steps run, and the tools that hooks run."""
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    problems = []
    for file in sorted((root / ".github" / "workflows").glob("*.yml")):
        called = re.findall(r"run: make ([a-z-]+)", file.read_text(encoding="utf-8"))
        problems += [f"{file.name}: there is no make {one}" for one in called if one not in targets]
    hooks = yaml.safe_load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0][
        "hooks"
    ]
    tools = [
        hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in hooks if ".venv/bin/" in hook["entry"]
    ]
    return problems + [
        f".pre-commit-config.yaml: there is no {one}" for one in tools if not Path(own(one)).exists()
    ]


def shell_scripts_are_sound(root: Path) -> list[str]:
    scripts = sorted((root / "scripts").glob("*.sh"))
    done = run(own("shellcheck"), *map(str, scripts)) if scripts else None
    return [f"scripts: {said(done)}"] if done and done.returncode else []
