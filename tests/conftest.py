"""What every test stands on: a real database through the real migrations, and jobs run by hand."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session
from xdist.scheduler import LoadScopeScheduling

from accounts import access
from knowledge import embedder_in_use, search_cache
from runtime import database as database_module
from runtime import desk_settings, embedded_postgres, jobs, limits
from runtime.settings import settings
from tests.jobs import CollectedJobs

# Of more than four thousand tests; a change that makes more of them unsure is a fault of its own.
_MOST_SECOND_TRIES = 3
_ROOT = Path(__file__).resolve().parents[1]
_FOLDER = _ROOT / "build" / "tests"


# They work on the broker's queues, which every process of the product would read from.
_ON_THE_BROKER = ("tests/journeys", "tests/chaos", "tests/ops", "tests/runtime/test_events.py")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Several processes share the tests: those of one file stay together, and all that are on the broker."""
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = _group
    return scheduler


def _group(nodeid: str) -> str:
    return "broker" if nodeid.startswith(_ON_THE_BROKER) else nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins."""
    items.sort(key=lambda item: not item.nodeid.startswith(_ON_THE_BROKER))


def _clean_environment() -> None:
    for name in list(os.environ):
        if name.startswith("DESKFLEET_") and not name.startswith("DESKFLEET_TEST_"):
            del os.environ[name]
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        os.environ.pop(name, None)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run in which many tests pass only when they are tried again is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    tried_again = {report.nodeid for report in reporter.stats.get("rerun", ())}
    if len(tried_again) > _MOST_SECOND_TRIES and session.exitstatus == pytest.ExitCode.OK:
        told = f"{len(tried_again)} tests needed a second try, {_MOST_SECOND_TRIES} are allowed."
        reporter.write_line(f"\n{told}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting of the developer's shell reaches a test."""
    _clean_environment()
    os.environ["DESKFLEET_DATA"] = str(tmp_path_factory.mktemp("data"))
    settings.cache_clear()
    yield
    database_module.dispose()


@pytest.fixture(scope="session")
def database_server() -> str:
    """URL of the embedded server, or of the one in DESKFLEET_TEST_DATABASE_URL."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    return os.environ.get("DESKFLEET_TEST_DATABASE_URL") or embedded_postgres.start(_FOLDER)


@pytest.fixture(scope="session")
def migrated_database(database_server: str) -> Iterator[str]:
    """A database of this run alone, made by the migrations."""
    from_server = database_server.replace("postgresql://", "postgresql+psycopg://", 1)
    name = f"test_{os.getpid()}"
    server = database_module.one_off_engine(from_server).execution_options(isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"create database {name}"))
    url = make_url(database_server).set(database=name).render_as_string(hide_password=False)
    from deskfleet.migrate import migrate  # noqa: PLC0415  # after the environment is clean

    migrate(url.replace("postgresql://", "postgresql+psycopg://", 1))
    yield url
    database_module.dispose()
    with server.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))


def _empty(session: Session) -> None:
    """Only what holds rows: to truncate all tables made each test wait for a tenth of a second."""
    tables = session.scalars(
        text(
            "select quote_ident(tablename) from pg_tables "
            "where schemaname = 'public' and tablename <> 'alembic_version' order by 1"
        )
    ).all()
    held = " union all ".join(f"select '{table}' where exists (select from {table})" for table in tables)
    used = "select quote_ident(sequencename) from pg_sequences where schemaname = 'public' and last_value > 0"
    # Rows point at one another, and the audit log is never emptied.
    session.execute(text("set local session_replication_role = replica"))
    for table in session.scalars(text(held)).all():
        session.execute(text(f"delete from {table}"))
    for sequence in session.scalars(text(used)).all():
        session.execute(text(f"alter sequence {sequence} restart"))


def _leave_other_databases(url: str) -> None:
    """Whoever read a setting while a test before was ending has connected to wherever that test pointed."""
    engine = database_module.engine
    if engine.cache_info().currsize and engine().url.database != make_url(url).database:
        database_module.dispose()


@pytest.fixture
def database(migrated_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database that `runtime.database` talks to; its URL."""
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", migrated_database)
    settings.cache_clear()
    _leave_other_databases(migrated_database)
    with database_module.transaction() as session:
        name = session.scalars(text("select current_database()")).one()
        assert name.startswith("test_"), f"{name} is not a test's database and is not emptied"
        _empty(session)
    limits.forget()
    access.forget()
    embedder_in_use.forget()
    search_cache.forget()
    desk_settings.forget()
    yield migrated_database
    settings.cache_clear()


@pytest.fixture
def run_jobs(database: str) -> Iterator[CollectedJobs]:
    """Collects what is published; `run_jobs()` runs it, and what that publishes, to the end."""
    collected = CollectedJobs()
    jobs.use_transport(collected.publish)
    yield collected
    jobs.use_transport(None)
