"""A desk is backed up and brought back into an empty place: every row and every file is the same."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from ingestion import intake
from runtime import database as database_module
from runtime import storage
from runtime.data_folder import data_folder
from runtime.database import transaction
from runtime.settings import settings
from scripts import archive, backup, restore
from tests.journeys.fleet import a_database
from tests.samples import a_message

_TABLES = "select tablename from pg_tables where schemaname = 'public' order by tablename"
_LINES = (
    "select md5(coalesce(string_agg(line, chr(10) order by line), '')) from (select t::text line from {} t) l"
)


def contents(url: str) -> dict[str, str]:
    """A fingerprint of all that each table says."""
    with psycopg.connect(url) as connection:
        names = [str(name) for (name,) in connection.execute(_TABLES).fetchall()]
        return {
            name: str(
                (connection.execute(sql.SQL(_LINES).format(sql.Identifier(name))).fetchone() or ("",))[0]
            )
            for name in names
        }


@dataclass
class Desk:
    """A desk with tickets and files, its backup, and an empty database beside it."""

    url: str
    backup: Path
    empty: str
    files: list[str]


@pytest.fixture
def desk(
    database: str, database_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path / "data"))
    settings.cache_clear()
    keys = [storage.put(b"a receipt"), storage.put(b"a photograph " * 5000)]
    with transaction() as session:
        for number in range(20):
            intake.receive(session, a_message(text=f"Where is order {number}? 注文 ✓"))
    made = backup.back_up(tmp_path / "backups")
    with a_database(database_server, "restored") as empty:
        yield Desk(database, made, empty, keys)


def move_to(desk: Desk, monkeypatch: pytest.MonkeyPatch, folder: Path, url: str = "") -> None:
    """Another place, as a new machine would be."""
    database_module.dispose()
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", url or desk.empty)
    monkeypatch.setenv("DESKFLEET_DATA", str(folder))
    settings.cache_clear()


@pytest.fixture(autouse=True)
def _at_home_again() -> Iterator[None]:
    yield
    database_module.dispose()


def test_an_empty_place_becomes_the_same_desk(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_to(desk, monkeypatch, tmp_path / "new")
    manifest = restore.restore(desk.backup)
    assert contents(desk.empty) == contents(desk.url)
    assert manifest.tables["tickets"] == 20
    assert [storage.get(key) for key in desk.files] == [b"a receipt", b"a photograph " * 5000]
    with transaction() as session:
        intake.receive(session, a_message(text="And it works on."))
    assert contents(desk.empty)["tickets"] != contents(desk.url)["tickets"]


def test_what_is_written_while_it_is_made_is_in_the_next_one(desk: Desk) -> None:
    with transaction() as session:
        intake.receive(session, a_message(text="Later."))
    assert archive.Manifest.read(desk.backup).tables["tickets"] == 20


def test_a_place_that_is_not_empty_is_left_alone(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(desk.url)
    move_to(desk, monkeypatch, tmp_path / "new", desk.url)
    with pytest.raises(archive.Broken, match="not empty"):
        restore.restore(desk.backup)
    move_to(desk, monkeypatch, tmp_path / "data")
    with pytest.raises(archive.Broken, match=r"folder .* is not empty"):
        restore.restore(desk.backup)
    assert contents(desk.url) == before


@pytest.mark.parametrize("name", [archive.DUMP, "files"])
def test_a_damaged_backup_is_refused_before_anything_is_changed(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    target = desk.backup / name
    damaged = target if target.is_file() else next(one for one in target.rglob("*") if one.is_file())
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    move_to(desk, monkeypatch, tmp_path / "new")
    with pytest.raises(archive.Broken, match="The backup is damaged"):
        restore.restore(desk.backup)
    assert contents(desk.empty) == {}


def test_a_manifest_that_cannot_be_read_is_named(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    (desk.backup / archive.MANIFEST).write_text(json.dumps({"made_at": "today"}))
    assert restore.main([str(desk.backup)]) == 1
    assert "is no backup" in capsys.readouterr().err


def test_a_failed_backup_leaves_nothing_behind(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_arguments: str) -> None:
        raise archive.Broken("pg_dump failed: the disk is full")

    monkeypatch.setattr(backup, "run", fails)
    assert backup.main([str(tmp_path / "backups")]) == 1
    assert "the disk is full" in capsys.readouterr().err
    assert list((tmp_path / "backups").iterdir()) == []
    assert not (data_folder() / "backups").exists()
