"""The embedded server: private, with a password, stopped by the last one who leaves."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from runtime import embedded_postgres
from runtime.database import one_off_engine

PROGRAM = """
import sys
from pathlib import Path
from sqlalchemy import create_engine, text
from runtime import embedded_postgres
url = embedded_postgres.start(Path(sys.argv[1])).replace("postgresql://", "postgresql+psycopg://", 1)
with create_engine(url).connect() as connection:
    print(connection.execute(text("select pg_postmaster_start_time()")).scalar(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="dfpg-"))
    yield made
    embedded_postgres.remove(made)
    shutil.rmtree(made, ignore_errors=True)


def another(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def started_at(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait(timeout=30)
    process.stdout.close()


def test_processes_share_a_server_and_the_last_one_stops_it(folder: Path) -> None:
    first, second = another(folder), another(folder)
    assert started_at(first) == started_at(second)
    end(first)
    third = another(folder)
    running = started_at(third)
    end(second)
    end(third)
    fourth = another(folder)
    assert started_at(fourth) != running, "the server went on after everybody had left"
    end(fourth)


def test_after_kill_9_of_its_owner_the_next_start_joins_the_server(folder: Path) -> None:
    first = another(folder)
    running = started_at(first)
    first.kill()
    end(first)
    second = another(folder)
    assert started_at(second) == running
    end(second)


def test_a_password_is_needed_and_the_files_are_private(folder: Path) -> None:
    url = embedded_postgres.start(folder).replace("postgresql://", "postgresql+psycopg://", 1)
    before, _, after = url.partition("://postgres:")
    with (
        pytest.raises(OperationalError),
        one_off_engine(f"{before}://postgres:wrong@{after.partition('@')[2]}").connect(),
    ):
        pass
    with one_off_engine(url).connect() as connection:
        data = Path(str(connection.execute(text("show data_directory")).scalar()))
        assert connection.execute(text("show listen_addresses")).scalar() == ""
    assert os.stat(data).st_mode & 0o077 == 0
    assert os.stat(data.parent).st_mode & 0o077 == 0


def test_a_first_start_that_was_killed_half_way_is_begun_again(folder: Path) -> None:
    embedded_postgres.start(folder)
    embedded_postgres.stop(folder)
    place = embedded_postgres._place(folder)
    place.data.rename(place.folder / "data.0123")
    for left in (place.folder / "data.0123").iterdir():
        if left.name not in ("PG_VERSION", "base"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    url = embedded_postgres.start(folder).replace("postgresql://", "postgresql+psycopg://", 1)
    with one_off_engine(url).connect() as connection:
        assert connection.execute(text("select 1")).scalar() == 1
    assert not list(place.folder.glob("data.*"))
