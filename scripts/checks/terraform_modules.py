"""The tests of the Terraform modules, with a provider that makes nothing. `make test-slow` runs them."""

import re
from pathlib import Path

from scripts.checks.terraform import copied, initialise, terraform
from scripts.checks.tools import Missing


def modules_pass_their_tests(root: Path) -> list[str]:
    """Of each module that has tests, with a provider that makes nothing. Some minutes."""
    problems = []
    for tests in sorted((root / "terraform" / "modules").glob("*/tests")):
        with copied(root) as copy:
            folder = copy / "modules" / tests.parent.name
            initialise(folder)
            try:
                done = terraform(folder, "test")
            except Missing as error:
                problems.append(f"terraform/modules/{folder.name}: {error}")
                continue
            if not re.search(r"Success! [1-9]\d* passed", done):
                problems.append(f"terraform/modules/{folder.name}: no test was run")
    return problems
