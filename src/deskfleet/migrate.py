"""Brings the database to the newest revision of the schema. Migrations only go forward."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from runtime.database import database_url, one_off_engine
from runtime.errors import Unavailable

log = logging.getLogger(__name__)

_FOLDER = Path(__file__).resolve().parents[2] / "migrations"
_LOCK = 7_305_211_001  # Any number of ours.
_TRIES = 30
_PAUSE_S = 2.0


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
        _upgrade_when_free(config, connection)


def _upgrade_when_free(config: Config, connection: Connection) -> None:
    """What is done stays done: a try goes on where the last one gave up. Raises Unavailable after the last."""
    for _ in range(_TRIES):
        try:
            command.upgrade(config, "head")
            return
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            connection.rollback()
            log.warning("a table is in use, the migration waits for it")
            time.sleep(_PAUSE_S)
    raise Unavailable(
        "A table was in use all the time and could not be changed: end what holds it, then migrate again."
    )


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the migrations' lock: two processes must not migrate at the same time."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": _LOCK})
        try:
            yield
        finally:
            connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": _LOCK})
