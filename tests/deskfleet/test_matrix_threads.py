"""Small matrix products run on one thread, unless whoever starts a process says otherwise."""

import os
import subprocess
import sys

import pytest

_SAY = (
    "import deskfleet.cli, numpy, scipy.linalg, threadpoolctl;"
    "print({one['num_threads'] for one in threadpoolctl.threadpool_info() if one['user_api'] == 'blas'})"
)


@pytest.mark.parametrize(("given", "threads"), [({}, "{1}"), ({"OPENBLAS_NUM_THREADS": "2"}, "{2}")])
def test_matrix_products_run_on_so_many_threads(given: dict[str, str], threads: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    said = subprocess.run(
        [sys.executable, "-c", _SAY], env=environment | given, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == threads
