"""Brings the database to the newest revision of the schema. Migrations only go forward."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from runtime.database import database_url, one_off_engine
from runtime.errors import Unavailable

_FOLDER = Path(__file__).resolve().parents[2] / "migrations"
_LOCK = 7_305_211_001  # Any number of ours.


def _config() -> Config:
    if not _FOLDER.exists():
        raise Unavailable(
            f"The migrations are not at {_FOLDER.name}/ beside src/: run from the project's folder."
        )
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


def migrate(url: str | None = None) -> None:
    """Upgrade to the newest revision; does nothing when it is there already."""
    config = _config()
    engine = one_off_engine(url or database_url())
    newest = ScriptDirectory.from_config(config).get_current_head()
    with _alone(engine), engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return
        connection.rollback()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the migrations' lock: two processes must not migrate at the same time."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": _LOCK})
        try:
            yield
        finally:
            connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": _LOCK})
