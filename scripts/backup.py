"""Makes a backup: the database as it is at one moment, and then the files. `deskfleet settings` say of what.

Call: python scripts/backup.py FOLDER. Files in an S3 bucket stay there: it keeps versions and a copy.
The secret key is not in it: without DESKFLEET_SECRET_KEY what is sealed cannot be opened (docs/operations.md).
"""

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # Called by its path, Python looks for modules beside this file alone.

from runtime import database  # noqa: E402  # found only now
from runtime.data_folder import data_folder  # noqa: E402  # found only now
from runtime.settings import settings  # noqa: E402  # found only now
from scripts.archive import (  # noqa: E402  # found only now
    DUMP,
    FILES,
    Broken,
    Manifest,
    connected,
    count_rows,
    digests,
    run,
)


def plain_url() -> str:
    """As PostgreSQL's own programs read it."""
    return database.database_url().replace("postgresql+psycopg://", "postgresql://", 1)


def back_up(target: Path) -> Path:
    """Writes a new folder below `target`, whole or not at all; returns it. Raises Broken."""
    now = datetime.now(UTC)
    finished = target / f"deskfleet-{now:%Y%m%dT%H%M%SZ}"
    if finished.exists():
        raise Broken(f"{finished} is there already.")
    unfinished = finished.with_name(f".{finished.name}")
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        _write(unfinished, now)
        unfinished.rename(finished)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return finished


def _write(folder: Path, now: datetime) -> None:
    """Rows first: a file that a row names was stored before it, so it is in the later copy too."""
    url = plain_url()
    with connected(url) as connection:
        (snapshot,) = connection.execute("select pg_export_snapshot()").fetchone() or ("",)
        (revision,) = connection.execute("select version_num from alembic_version").fetchone() or ("",)
        tables = count_rows(connection)
        run("pg_dump", "--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges",
            f"--file={folder / DUMP}", url)  # fmt: skip
    kept = data_folder() / FILES
    if not settings().files.s3_url and kept.is_dir():
        shutil.copytree(kept, folder / FILES)
    Manifest(now.isoformat(), str(revision), tables, digests(folder)).write(folder)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python scripts/backup.py FOLDER", file=sys.stderr)
        return 2
    try:
        print(back_up(Path(arguments[0])))
    except Broken as error:
        print(f"backup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
