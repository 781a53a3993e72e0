"""A cloud that is not there: moto answers as AWS does, on loopback, and forgets all at its end."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from scripts.own_environment import program_of
from tests.journeys.fleet import ROOT, eventually, free_port


@contextmanager
def running_moto(folder: Path) -> Iterator[str]:
    """Its URL; what it said is in the folder."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (folder / "moto.log").open("wb") as log:
        process = subprocess.Popen(
            [program_of(ROOT, "moto_server"), "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=log,
        )
        try:
            eventually(lambda: _answers(url), what="moto does not answer")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/moto-api/", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
