"""The image, built by its recipe without an engine, runs as nobody on a file system that it cannot change."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.checks.tools import program

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

ROOT = Path(__file__).resolve().parents[2]
_DEBIAN = "http://deb.debian.org/debian"
# What an image of Python has, of Debian's own packages; a registry is not needed.
_PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
_EMBEDS = """
from knowledge.embedding import embed_question
vector = embed_question("Where is my parcel?")
print(len(vector))
"""


@dataclass
class Builder:
    """buildah with a store of its own, without namespaces."""

    folder: Path

    def __call__(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            [program("buildah"), f"--root={self.folder}/root", f"--runroot={self.folder}/run", *arguments],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "STORAGE_DRIVER": "vfs",
                 "BUILDAH_ISOLATION": "chroot", "HOME": str(self.folder)},
        )  # fmt: skip
        assert done.returncode == 0 or not check, (done.stdout + done.stderr)[-3000:]
        return done.stdout.strip()


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Builder, str]]:
    folder = tmp_path_factory.mktemp("image")
    build, base = Builder(folder), folder / "base"
    subprocess.run(
        [program("debootstrap"), "--variant=minbase", f"--include={_PACKAGES}", "bookworm", str(base), _DEBIAN],
        check=True, capture_output=True,
    )  # fmt: skip
    empty = build("from", "scratch")
    build("add", "-q", empty, str(base), "/")
    build("config", "--env", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", empty)
    build("commit", "-q", empty, "base")
    # The machine's own certificates, for the installer alone.
    certificates = "/etc/ssl/certs:/etc/ssl/certs:ro"
    build(
        "bud",
        "--network",
        "host",
        "--build-arg",
        "BASE=localhost/base",
        "-v",
        certificates,
        "-t",
        "deskfleet",
        ".",
    )
    yield build, build("from", "localhost/deskfleet")
    build("rm", "--all")
    shutil.rmtree(folder)  # Gigabytes, which pytest would keep for three runs.


def test_the_image_is_nobodys_and_starts_the_web_by_default(container: tuple[Builder, str]) -> None:
    build, name = container
    settled = json.loads(build("inspect", name))["OCIv1"]["config"]
    assert settled["User"] == "10001"
    assert settled["Entrypoint"] == ["deskfleet"]
    assert settled["Cmd"] == ["web"]
    assert "8000/tcp" in settled["ExposedPorts"]


def test_it_runs_offline_with_its_model_and_changes_nothing(container: tuple[Builder, str]) -> None:
    build, name = container
    as_nobody = ("run", "--user", "10001", name, "--")
    assert build(*as_nobody, "id", "-u") == "10001"
    assert build(*as_nobody, "python", "-c", _EMBEDS) == "384"
    assert json.loads(build(*as_nobody, "deskfleet", "settings", "--json"))
    build(*as_nobody, "touch", "/app/planted", check=False)
    assert "planted" not in build(*as_nobody, "ls", "/app")


def test_nothing_that_builds_is_left(container: tuple[Builder, str]) -> None:
    build, name = container
    tools = "for one in gcc cc make git pip; do command -v $one; done; true"
    assert build("run", name, "--", "sh", "-c", tools) == ""
