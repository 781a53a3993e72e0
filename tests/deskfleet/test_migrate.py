"""Migrations on an empty database, again, and by two processes at once."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from deskfleet import migrate as migrate_module
from deskfleet.migrate import migrate
from runtime.database import one_off_engine
from runtime.errors import Unavailable

_LOCKS = """
select count(*) from pg_locks join pg_database on pg_database.oid = pg_locks.database
where locktype = 'advisory' and datname = current_database()
"""


@pytest.fixture
def empty(database_server: str) -> Iterator[str]:
    """URL of a database without a single table."""
    server = database_server.replace("postgresql://", "postgresql+psycopg://", 1)
    name = f"empty_{uuid.uuid4().hex}"
    with one_off_engine(server).execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"create database {name}"))
        yield server.replace("/postgres?", f"/{name}?", 1)
        connection.execute(text(f"drop database {name} with (force)"))


def state(url: str) -> tuple[str, set[str], int]:
    """The revision, the tables, and the transaction that wrote the revision."""
    with one_off_engine(url).connect() as connection:
        [(revision, written)] = connection.execute(
            text("select version_num, xmin::text::bigint from alembic_version")
        ).all()
        tables = connection.scalars(text("select tablename from pg_tables where schemaname = 'public'"))
        return revision, set(tables), written


def test_an_empty_database_gets_the_newest_schema(empty: str) -> None:
    migrate(empty)
    revision, tables, _written = state(empty)
    assert revision == ScriptDirectory.from_config(migrate_module._config()).get_current_head()
    assert {"tickets", "messages", "users", "articles", "hourly_volume", "alembic_version"} <= tables


def test_a_second_time_nothing_is_done(empty: str) -> None:
    migrate(empty)
    before = state(empty)
    migrate(empty)
    assert state(empty) == before


def test_of_many_at_the_same_time_one_does_the_work(empty: str) -> None:
    failures: list[BaseException] = []
    ready = threading.Barrier(4)

    def start() -> None:
        ready.wait()
        try:
            migrate(empty)
        except BaseException as error:  # noqa: BLE001  # whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert "tickets" in state(empty)[1]
    with one_off_engine(empty).connect() as connection:
        assert connection.scalar(text(_LOCKS)) == 0


@contextmanager
def in_use(url: str, table: str) -> Iterator[Connection]:
    """Somebody writes into the table and does not end; rolling back ends it."""
    with one_off_engine(url).connect() as holding:
        holding.execute(text(f"lock table {table} in row exclusive mode"))
        yield holding


def before_the_index_on_messages(url: str) -> None:
    config = migrate_module._config()
    with one_off_engine(url).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0024")


def test_a_migration_waits_for_a_table_that_is_in_use(
    empty: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(migrate_module, "_PAUSE_S", 0.1)
    before_the_index_on_messages(empty)
    with in_use(empty, "messages") as holding:
        working = threading.Thread(target=migrate, args=(empty,))
        working.start()
        until = time.monotonic() + 60
        while "a table is in use" not in caplog.text and time.monotonic() < until:
            time.sleep(0.05)
        assert "a table is in use" in caplog.text
        with one_off_engine(empty).connect() as others:
            others.execute(text("set statement_timeout = '30s'"))
            assert others.scalar(text("select count(*) from messages")) == 0
        holding.rollback()
        working.join(timeout=60)
    assert state(empty)[0] == ScriptDirectory.from_config(migrate_module._config()).get_current_head()


def test_a_table_that_is_never_free_ends_it_with_the_reason(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate_module, "_PAUSE_S", 0.1)
    monkeypatch.setattr(migrate_module, "_TRIES", 1)
    before_the_index_on_messages(empty)
    with in_use(empty, "messages"), pytest.raises(Unavailable, match="A table was in use all the time"):
        migrate(empty)
    migrate(empty)
    assert "messages" in state(empty)[1]


def test_there_is_one_line_of_revisions() -> None:
    script = ScriptDirectory.from_config(migrate_module._config())
    assert len(script.get_heads()) == len(script.get_bases()) == 1
    assert not any(
        revision.is_merge_point or revision.is_branch_point for revision in script.walk_revisions()
    )


def test_without_the_migrations_the_reason_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate_module, "_FOLDER", tmp_path / "migrations")
    with pytest.raises(Unavailable, match="The migrations are not at migrations/ beside src/"):
        migrate("postgresql+psycopg://nobody@127.0.0.1:1/nowhere")
