"""The programs that checks run: found, or installed with apt, or the check fails. Nothing is skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts import services
from scripts.services import Missing

__all__ = ["Missing", "own", "program", "run", "said"]

# Of Debian: what a package is called whose program is needed.
_PACKAGES = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "amtool": "prometheus-alertmanager",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "docker-compose": "docker-compose",
    "pgbouncer": "pgbouncer",
    "buildah": "buildah",
    "debootstrap": "debootstrap",
}
_ELSEWHERE = {
    "kubectl": "https://kubernetes.io/docs/tasks/tools",
    "terraform": "https://developer.hashicorp.com/terraform/install",
}


def run(*command: str, cwd: Path | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
    """To its end, with what it said; `environment` is added to ours."""
    return subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False
    )


def said(done: "subprocess.CompletedProcess[str]", most: int = 1500) -> str:
    """The end of what a program said."""
    return (done.stdout + done.stderr).strip()[-most:]


def program(name: str) -> str:
    """A program of the machine, installed when need be. Raises Missing."""
    if found := shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        return found
    if name not in _PACKAGES:
        raise Missing(f"{name} is needed: install it ({_ELSEWHERE.get(name, name)}).")
    services.install(_PACKAGES[name])
    if found := shutil.which(name):
        return found
    raise Missing(f"{_PACKAGES[name]} was installed and has no program {name}.")


def own(name: str) -> str:
    """A program of requirements-dev.txt, beside this Python. Raises Missing."""
    found = Path(sys.executable).with_name(name)
    if not found.exists():
        raise Missing(f"{name} is needed: make setup.")
    return str(found)
