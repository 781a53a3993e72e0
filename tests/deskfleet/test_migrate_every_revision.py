"""From each earlier revision, with a row in every table that it has, to the newest: nothing is lost on the way."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from deskfleet import migrate as migrate_module
from deskfleet.migrate import migrate
from runtime.database import one_off_engine

_REVISIONS = [one.revision for one in ScriptDirectory.from_config(migrate_module._config()).walk_revisions()][
    ::-1
]
_TABLES = "select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version' order by 1"
_COLUMNS = """
select a.attname, format_type(a.atttypid, null) from pg_attribute a
where a.attrelid = cast(:it as regclass) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
"""
_CHECKS = "select pg_get_constraintdef(oid) from pg_constraint where conrelid = cast(:it as regclass) and contype = 'c'"
_SEQUENCES = """
select setval(pg_get_serial_sequence(quote_ident(table_name), column_name), 1)
from information_schema.columns
where table_schema = 'public' and pg_get_serial_sequence(quote_ident(table_name), column_name) is not null
"""
# One value of each type, the same wherever one row names another.
_VALUES = {
    "text": "'x'", "bigint": "1", "integer": "1", "smallint": "1", "boolean": "true", "double precision": "0.5",
    "real": "0.5", "numeric": "1", "timestamp with time zone": "now()", "date": "current_date", "bytea": "'\\x00'",
    "time without time zone": "'08:00'", "jsonb": "'{}'", "text[]": "'{}'", "integer[]": "'{}'", "bigint[]": "'{}'",
    "uuid": "'00000000-0000-4000-8000-000000000000'",
    "tsvector": "to_tsvector('simple', 'x')", "inet": "'192.0.2.1'",
    "halfvec": "(select array_agg(0.1) from generate_series(1, 384))::halfvec(384)",
    "vector": "(select array_agg(0.1) from generate_series(1, 384))::vector(384)",
}  # fmt: skip


@contextmanager
def an_empty_database(server: str) -> Iterator[str]:
    server = server.replace("postgresql://", "postgresql+psycopg://", 1)
    name = f"from_{uuid.uuid4().hex}"
    with one_off_engine(server).execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"create database {name}"))
        try:
            yield server.replace("/postgres?", f"/{name}?", 1)
        finally:
            connection.execute(text(f"drop database {name} with (force)"))


def migrate_to(url: str, revision: str) -> None:
    config = migrate_module._config()
    with one_off_engine(url).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def fill(connection: Connection) -> list[str]:
    """A row in every table; the tables."""
    tables = list(connection.scalars(text(_TABLES)))
    connection.execute(text("set session_replication_role = replica"))  # In whatever order.
    for table in tables:
        if not connection.scalar(text(f"select count(*) from {table}")):
            insert_into(connection, table)
    connection.execute(text("set session_replication_role = origin"))
    connection.execute(text(_SEQUENCES))
    return tables


def insert_into(connection: Connection, table: str) -> None:
    checks = " ".join(connection.scalars(text(_CHECKS), {"it": table}))
    row = {
        name: chosen_for(name, checks) or _VALUES[kind]
        for name, kind in connection.execute(text(_COLUMNS), {"it": table})
    }
    names = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(row.values())
    connection.execute(text(f"insert into {table} ({names}) overriding system value values ({values})"))


def chosen_for(column: str, checks: str) -> str:
    """The first of the words that a check allows for the column."""
    found = re.search(rf"\({column} = ANY \(ARRAY\[('\w+')", checks)
    return found[1] if found else ""


def kept(connection: Connection, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(f"select * from {table}")).mappings()]


def assert_kept(table: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """Each row is there with what it held, in the columns that there still are."""
    for row in before:
        found = [one for one in after if all(one[name] == row[name] for name in row.keys() & one.keys())]
        assert found, f"{table} has lost {row}"


def slow_but_for_some() -> list[Any]:
    """The first and the last are tried with every change, the rest takes a minute and a half."""
    always = {*_REVISIONS[:1], *_REVISIONS[-5:]}
    return [
        pytest.param(one, marks=() if one in always else pytest.mark.slow, id=one) for one in _REVISIONS[:-1]
    ]


@pytest.mark.parametrize("revision", slow_but_for_some())
def test_a_desk_of_an_earlier_version_is_brought_to_the_newest_with_all_it_has(
    database_server: str, revision: str
) -> None:
    with an_empty_database(database_server) as url:
        migrate_to(url, revision)
        with one_off_engine(url).connect() as connection:
            tables = fill(connection)
            connection.commit()
            before = {table: kept(connection, table) for table in tables}
        assert all(before.values())
        migrate(url)
        with one_off_engine(url).connect() as connection:
            assert connection.scalar(text("select version_num from alembic_version")) == _REVISIONS[-1]
            present = set(connection.scalars(text(_TABLES)))
            for table in present & before.keys():
                assert_kept(table, before[table], kept(connection, table))
            gone = before.keys() - present
        assert gone <= _GIVEN_UP, "a migration throws a table away"


# Tables that a later version does without.
_GIVEN_UP: set[str] = set()
