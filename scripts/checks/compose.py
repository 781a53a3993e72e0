"""The compose file: as compose reads it, with its secrets and without them, and what each container must have."""

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from deskfleet.cli import COMMANDS
from runtime.jobs import QUEUES
from scripts import services
from scripts.checks.tools import Missing, own, run, said

FILE = "docker-compose.yml"
PROFILES = ("observability", "logs", "mail")
OUR_IMAGE = "deskfleet:latest"


def compose_command() -> list[str]:
    """Docker's compose, as a plugin or as a program; installed with apt when there is none. Raises Missing."""
    for _ in range(2):
        for command in (["docker", "compose"], ["docker-compose"]):
            if shutil.which(command[0]) and run(*command, "version").returncode == 0:
                return command
        services.install("docker-compose")
    raise Missing("docker-compose was installed and does not run.")


def compose_is_valid(root: Path, command: list[str] | None = None) -> list[str]:
    """The file as compose reads it: valid with its secrets and every profile, refused without them."""
    file = root / FILE
    secrets = set(re.findall(r"\$\{(\w+):\?", file.read_text(encoding="utf-8")))
    unset = [part for name in secrets for part in ("-u", name)]
    profiles = [part for name in PROFILES for part in ("--profile", name)]
    # An empty file instead of a developer's own .env.
    with tempfile.NamedTemporaryFile() as empty:
        chosen = command or compose_command()
        base = [*chosen, "--env-file", empty.name, "-f", str(file), *profiles, "config", "-q"]
        checked = run("env", *(f"{name}={'x' * 32}" for name in secrets), *base)
        without = run("env", *unset, *base)
    problems = [f"{FILE}: {said(checked, 500)}"] if checked.returncode else []
    return problems + ([] if without.returncode else [f"{FILE}: starts without its secrets"])


def compose_fits_its_schema(root: Path) -> list[str]:
    done = run(
        own("check-jsonschema"),
        "--builtin-schema",
        "vendor.compose-spec",
        str(root / FILE),
        PATH=os.environ["PATH"],
    )
    return [f"{FILE}: {said(done)}"] if done.returncode else []


def _services(root: Path) -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = yaml.safe_load((root / FILE).read_text(encoding="utf-8"))["services"]
    return read


def services_are_sound(root: Path) -> list[str]:
    """Each is health-checked, of a version, restarted, and mounts what exists."""
    problems = []
    for name, service in _services(root).items():
        if not service.get("healthcheck"):
            problems.append(f"{name} has no health check")
        if service["image"] != OUR_IMAGE and not re.search(r":v?\d|:pg\d", service["image"]):
            problems.append(f"{name} has no version")
        if "restart" not in service:
            problems.append(f"{name} is not restarted")
        sources = [one.partition(":")[0] for one in service.get("volumes", []) if one.startswith("./")]
        problems += [f"{name}: {one} does not exist" for one in sources if not (root / one).exists()]
    return [f"{FILE}: {one}" for one in problems]


def commands_and_queues_exist(root: Path) -> list[str]:
    ours = [one for one in _services(root).values() if one["image"] == OUR_IMAGE and one.get("command")]
    problems = [
        f"there is no command {one['command'][0]}" for one in ours if one["command"][0] not in COMMANDS
    ]
    worked = [
        queue
        for one in ours
        if "--queues" in one["command"]
        for queue in one["command"][one["command"].index("--queues") + 1].split(",")
    ]
    if sorted(worked) != sorted(QUEUES):
        problems.append(f"the workers take {sorted(worked)}, the queues are {sorted(QUEUES)}")
    return [f"{FILE}: {problem}" for problem in problems]
