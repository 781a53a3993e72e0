"""What every test stands on: a real database through the real migrations, and jobs run by hand."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from accounts import access
from runtime import database as database_module
from runtime import embedded_postgres, jobs, limits
from runtime.settings import settings
from tests.jobs import CollectedJobs

# Of more than four thousand tests; a change that makes more of them unsure is a fault of its own.
_MOST_SECOND_TRIES = 3
_FOLDER = Path(__file__).resolve().parents[1] / "build" / "tests"


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


@pytest.fixture
def database(migrated_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database that `runtime.database` talks to; its URL."""
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", migrated_database)
    settings.cache_clear()
    with database_module.transaction() as session:
        name = session.scalars(text("select current_database()")).one()
        assert name.startswith("test_"), f"{name} is not a test's database and is not emptied"
        tables = session.scalars(
            text(
                "select string_agg(quote_ident(tablename), ', ') from pg_tables "
                "where schemaname = 'public' and tablename <> 'alembic_version'"
            )
        ).one()
        session.execute(
            text("set local session_replication_role = replica")
        )  # The audit log is never emptied.
        session.execute(text(f"truncate {tables} restart identity cascade"))
    limits.forget()
    access.forget()
    yield migrated_database
    settings.cache_clear()


@pytest.fixture
def run_jobs(database: str) -> Iterator[CollectedJobs]:
    """Collects what is published; `run_jobs()` runs it, and what that publishes, to the end."""
    collected = CollectedJobs()
    jobs.use_transport(collected.publish)
    yield collected
    jobs.use_transport(None)
