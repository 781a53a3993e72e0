"""The engine, and what runs after a commit."""

import importlib
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from runtime import database as database_module
from runtime.database import Table, after_commit, engine, one_statement, transaction
from runtime.errors import Unavailable


def test_actions_run_after_the_commit_and_in_order(database: str) -> None:
    seen: list[str] = []
    with transaction() as session:
        after_commit(session, lambda: seen.append("first"))
        after_commit(session, lambda: seen.append("second"))
        session.execute(text("select 1"))
        assert seen == []
    assert seen == ["first", "second"]


def test_actions_of_an_undone_transaction_do_not_run(database: str) -> None:
    seen: list[str] = []
    with pytest.raises(ZeroDivisionError), transaction() as session:
        after_commit(session, lambda: seen.append("no"))
        raise ZeroDivisionError
    assert seen == []


def autocommits() -> bool:
    """Of the connection that is handed out next."""
    with engine().connect() as connection:
        return bool(connection.connection.driver_connection.autocommit)  # type: ignore[union-attr]  # psycopg's


def test_a_single_statement_is_durable_when_it_returns_and_leaves_the_connection_as_it_was(
    database: str,
) -> None:
    seen: list[str] = []
    with one_statement() as at_once:
        after_commit(at_once, lambda: seen.append("after"))
        row = at_once.first(
            "insert into customers (public_id, name) values (%(id)s, 'Alice') returning name",
            {"id": "CUST-1"},
        )
        assert row == ("Alice",)
        with transaction() as session:
            assert session.scalar(text("select count(*) from customers")) == 1
        assert seen == []
    assert seen == ["after"]
    assert not autocommits()


def test_a_statement_that_fails_says_nothing_of_its_values(database: str) -> None:
    with pytest.raises(Unavailable) as caught, one_statement() as at_once:
        at_once.first("select cast(%(secret)s as integer)", {"secret": "hunter2"})
    assert "hunter2" not in caught.value.detail
    assert caught.value.__cause__ is None
    assert not autocommits()


def test_an_error_of_ours_within_leaves_the_connection_as_it_was(database: str) -> None:
    with pytest.raises(ZeroDivisionError), one_statement() as at_once:
        at_once.first("select 1", {})
        raise ZeroDivisionError
    assert not autocommits()


def import_all_tables() -> None:
    """Every file that declares one, so that none can be forgotten here."""
    source = Path(database_module.__file__).parents[1]
    for file in source.rglob("*.py"):
        if "(Table):" in file.read_text(encoding="utf-8"):
            importlib.import_module(".".join(file.relative_to(source).with_suffix("").parts))


def test_the_migrations_make_exactly_the_tables_of_the_code(database: str) -> None:
    import_all_tables()
    assert len(Table.metadata.tables) > 80
    with engine().connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": False}
        )
        found = [
            change
            for change in compare_metadata(context, Table.metadata)
            if "alembic_version" not in str(change)
        ]
    assert found == []


def test_after_a_restart_of_the_server_the_pool_recovers(database: str) -> None:
    with transaction() as session:
        session.execute(text("select 1"))
    with database_module.one_off_engine(
        str(engine().url.render_as_string(hide_password=False))
    ).connect() as other:
        other.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where pid <> pg_backend_pid() and datname = current_database()"
            )
        )
    answered = 0
    for _ in range(30):
        if database_module.is_alive():
            answered += 1
    assert answered >= 29
