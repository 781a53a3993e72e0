"""Runs all tests with coverage, chaos included, and ends in pytest's own summary line."""

import os
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent


def run(*command: str) -> int:
    return subprocess.run([str(BIN / command[0]), *command[1:]], check=False).returncode


def main() -> int:
    """Coverage is printed before pytest's summary, which must be the last line of the output."""
    run("coverage", "erase")
    return run(
        "pytest",
        "-q",
        "--cov=src",
        "--cov-config=pyproject.toml",
        "--cov-report=term",
        "-m",
        "not slow",
        "-rR",
        # One more than there are processors: journeys mostly wait.
        f"--numprocesses={(os.cpu_count() or 1) + 1}",
        "--dist=loadscope",  # In the groups of tests/conftest.py.
        "--no-loadscope-reorder",
        "--reruns=1",  # docs/decisions/0005: a second try is shown, counted, and limited by tests/conftest.py.
        *sys.argv[1:],
    )


if __name__ == "__main__":
    sys.exit(main())
