"""Programs of Python that must not share our environment: each gets one of its own below build."""

import subprocess
import sys
from pathlib import Path

from scripts.services import Missing


def program_of(root: Path, name: str) -> str:
    """The program `name` of requirements-NAME.txt, installed when it is not there yet. Raises Missing."""
    folder = root / "build" / name
    wanted = root / f"requirements-{name}.txt"
    mark = folder / wanted.name
    if not mark.exists() or mark.read_text() != wanted.read_text():
        for command in (
            (sys.executable, "-m", "venv", "--clear", str(folder)),
            (str(folder / "bin" / "pip"), "install", "--quiet", "-r", str(wanted)),
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise Missing(f"{name} cannot be installed: {done.stderr.strip()[-500:]}")
        mark.write_text(wanted.read_text())
    return str(folder / "bin" / name)
