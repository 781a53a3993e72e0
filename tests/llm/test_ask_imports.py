"""A desk without a provider does not pay for the vendors' SDKs."""

import subprocess
import sys

_SHOWN = """
import sys
import deskfleet.up
import agent_core.tasks
print([name for name in ("anthropic", "openai", "langchain_core", "langchain") if name in sys.modules])
"""


def test_the_product_starts_without_importing_a_vendors_sdk() -> None:
    done = subprocess.run([sys.executable, "-c", _SHOWN], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
