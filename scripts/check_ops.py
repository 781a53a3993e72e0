"""Checks what the tests do not run: the compose file, the image's recipe, and that the documents are true.

Run by `make check-ops`. A tool that is missing is installed, or the check fails; nothing is skipped.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from deskfleet.cli import COMMANDS
from runtime.jobs import QUEUES
from runtime.settings import known_variables

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES_OF_AGENTS = 100
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]+)?\)")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_PATH = re.compile(r"(?<![\w/.])(?:src|tests|scripts|docs|migrations)/[\w./-]*\w")


class Missing(Exception):
    """A needed tool cannot be had; the text is the sentence that says so."""


def _run(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env=environment or None, capture_output=True, text=True, check=False)


def compose_command() -> list[str]:
    """Docker's compose, as a plugin or as a program; installed with apt when there is none. Raises Missing."""
    choices = (["docker", "compose"], ["docker-compose"])
    for _ in range(2):
        for command in choices:
            if shutil.which(command[0]) and _run(*command, "version").returncode == 0:
                return command
        _install("docker-compose")
    raise Missing("docker-compose was installed and does not run.")


def _install(package: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Missing("docker compose is needed: install it, or run the check as root on Debian.")
    print(f"Installing {package} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run("apt-get", "update", "-qq", **environment)
    done = _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", package, **environment)
    if done.returncode:
        raise Missing(f"docker compose is needed and apt could not install it: {done.stderr.strip()[-300:]}")


def compose_is_valid(root: Path, command: list[str] | None = None) -> list[str]:
    """The file as compose reads it: valid with its secrets, refused without them."""
    file = root / "docker-compose.yml"
    secrets = set(re.findall(r"\$\{(\w+):\?", file.read_text()))
    bare = {name: value for name, value in os.environ.items() if name not in secrets}
    # An empty file instead of a developer's own .env.
    with tempfile.NamedTemporaryFile() as empty:
        base = [*(command or compose_command()), "--env-file", empty.name, "-f", str(file)]
        checked = _run(*base, "config", "-q", **bare, **dict.fromkeys(secrets, "x" * 32))
        without = _run(*base, "config", "-q", **bare)
    problems = [f"docker-compose.yml: {checked.stderr.strip()[-500:]}"] if checked.returncode else []
    return problems + ([] if without.returncode else ["docker-compose.yml: starts without its secrets"])


def services_are_health_checked(root: Path) -> list[str]:
    text = (root / "docker-compose.yml").read_text().partition("\nservices:\n")[2].partition("\nvolumes:")[0]
    blocks = re.split(r"^  (?=\w+:$)", text, flags=re.MULTILINE)[1:]
    return [
        f"docker-compose.yml: {block.partition(':')[0]} has no health check"
        for block in blocks
        if "healthcheck:" not in block
    ]


def settings_exist(root: Path) -> list[str]:
    """Every setting that the compose file, the Dockerfile or a document names."""
    known = known_variables()
    return [
        f"{file.relative_to(root)}: there is no setting {variable}"
        for file in (root / "docker-compose.yml", root / "Dockerfile", *_documents(root))
        for variable in sorted(set(re.findall(r"\bDESKFLEET_\w+", file.read_text())))
        if variable not in known and not variable.startswith("DESKFLEET_TEST_")
    ]


def commands_and_queues_exist(root: Path) -> list[str]:
    text = (root / "docker-compose.yml").read_text()
    commands = re.findall(r'command: \["(\w+)"(?!, "--save)', text.partition("  postgres:")[0])
    worked = [queue for listed in re.findall(r'"--queues", "([\w,]+)"', text) for queue in listed.split(",")]
    problems = [f"there is no command {name}" for name in commands if name not in COMMANDS]
    if sorted(worked) != sorted(QUEUES):
        problems.append(f"the workers take {sorted(worked)}, the queues are {sorted(QUEUES)}")
    return [f"docker-compose.yml: {problem}" for problem in problems]


def image_has_its_files(root: Path) -> list[str]:
    """What the Dockerfile copies exists, and .dockerignore lets it in."""
    let_in = re.findall(r"^!(\S+)", (root / ".dockerignore").read_text(), re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (root / "Dockerfile").read_text(), re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    return [f"Dockerfile: {one} does not exist" for one in sources if not (root / one).exists()] + [
        f".dockerignore: {one} is left out" for one in sources if one not in let_in
    ]


def _documents(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def _anchors(document: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links_resolve(root: Path) -> list[str]:
    """Every relative link leads somewhere, and every document of docs/ is linked from another."""
    problems, linked = [], set()
    for document in _documents(root):
        for path, anchor in _LINK.findall(document.read_text()):
            target = (document.parent / path).resolve() if path else document
            linked |= {target} - {document}
            if not target.exists():
                problems.append(f"{document.relative_to(root)}: {path} does not exist")
            elif anchor and target.suffix == ".md" and anchor[1:] not in _anchors(target):
                problems.append(f"{document.relative_to(root)}: {path}{anchor} does not exist")
    orphans = [one.relative_to(root) for one in _documents(root) if one.parent != root and one not in linked]
    return problems + [f"{orphan}: no document links to it" for orphan in orphans]


def documents_are_true(root: Path) -> list[str]:
    """The files, make targets and commands that a document names in code exist; AGENTS.md stays short."""
    targets = re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE)
    problems = []
    for document in _documents(root):
        text = document.read_text()
        code = "\n".join(_CODE.findall(text))
        wrong = [path for path in _PATH.findall(code) if not (root / path).exists()]
        wrong += [f"make {one}" for one in re.findall(r"\bmake ([a-z-]+)", code) if one not in targets]
        wrong += [
            f"deskfleet {one}" for one in re.findall(r"\bdeskfleet ([a-z]+)", code) if one not in COMMANDS
        ]
        problems += [f"{document.relative_to(root)}: {one} does not exist" for one in sorted(set(wrong))]
        if document.name == "AGENTS.md" and text.count("\n") > MOST_LINES_OF_AGENTS:
            problems.append(f"AGENTS.md: longer than {MOST_LINES_OF_AGENTS} lines")
    return problems


CHECKS: tuple[Callable[[Path], list[str]], ...] = (
    compose_is_valid,
    services_are_health_checked,
    settings_exist,
    commands_and_queues_exist,
    image_has_its_files,
    links_resolve,
    documents_are_true,
)


def main(root: Path = ROOT) -> int:
    failed = 0
    for check in CHECKS:
        try:
            problems = check(root)
        except (Missing, FileNotFoundError) as error:
            problems = [str(error)]
        failed += bool(problems)
        print(
            "\n".join([f"{'FAILED' if problems else 'ok':7} {check.__name__}", *(f"  {p}" for p in problems)])
        )
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
