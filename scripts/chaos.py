"""make chaos KILLS=n: kills processes at random points under traffic, then counts what was lost or said twice."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    kills = parser.parse_args().kills
    command = [
        sys.executable, "-m", "pytest", "-q", "-s", "tests/chaos/test_random_kills.py", f"--timeout={120 + kills * 4}",
    ]  # fmt: skip
    environment = {**os.environ, "DESKFLEET_TEST_KILLS": str(kills)}
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    print(json.dumps({"kills": kills, "passed": code == 0}))
    return code


if __name__ == "__main__":
    sys.exit(main())
