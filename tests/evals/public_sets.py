"""Where the public collections lie that the product is measured on, beside the repository by default."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DESKFLEET_TEST_DATA") or ROOT / ".." / "shared" / "data")
