"""Brings a backup back into an empty database and an empty folder of files, and counts what came.

Call: python scripts/restore.py BACKUP. Nothing that is there is overwritten.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # Called by its path, Python looks for modules beside this file alone.

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
from scripts.backup import plain_url  # noqa: E402  # found only now


def restore(backup: Path) -> Manifest:
    """Raises Broken, before anything is changed when the backup is damaged or the place is not empty."""
    manifest = Manifest.read(backup)
    _check_is_whole(backup, manifest)
    url, kept = plain_url(), data_folder() / FILES
    _check_is_empty(url, kept)
    if (backup / FILES).is_dir() and settings().files.s3_url:
        raise Broken(
            "The backup holds files and DESKFLEET_FILES_S3_URL is set: restore them into the bucket first."
        )
    run(
        "pg_restore",
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        f"--dbname={url}",
        str(backup / DUMP),
    )
    if (backup / FILES).is_dir():
        shutil.copytree(backup / FILES, kept, dirs_exist_ok=True)
    _check_has_come(url, manifest)
    return manifest


def _check_is_whole(backup: Path, manifest: Manifest) -> None:
    found = digests(backup)
    changed = sorted(
        name for name in {*found, *manifest.files} if found.get(name) != manifest.files.get(name)
    )
    if changed:
        raise Broken(f"The backup is damaged: {', '.join(changed[:5])} changed, is missing, or is new.")


def _check_is_empty(url: str, kept: Path) -> None:
    with connected(url) as connection:
        if count_rows(connection):
            raise Broken("The database is not empty: create a new one and set DESKFLEET_DATABASE_URL to it.")
    if kept.is_dir() and any(kept.iterdir()):
        raise Broken(f"The folder {kept} is not empty: set DESKFLEET_DATA to a new one.")


def _check_has_come(url: str, manifest: Manifest) -> None:
    with connected(url) as connection:
        found = count_rows(connection)
    if found != manifest.tables:
        differs = sorted(
            one for one in {*found, *manifest.tables} if found.get(one) != manifest.tables.get(one)
        )
        raise Broken(f"Not everything came back: {', '.join(differs[:5])}.")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python scripts/restore.py BACKUP", file=sys.stderr)
        return 2
    try:
        manifest = restore(Path(arguments[0]))
    except Broken as error:
        print(f"restore: {error}", file=sys.stderr)
        return 1
    rows = sum(manifest.tables.values())
    print(
        f"{rows} rows of {len(manifest.tables)} tables and {len(manifest.files) - 1} files, as of {manifest.made_at}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
