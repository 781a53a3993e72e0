"""The one door to PostgreSQL: the engine, `transaction`, and what runs after a commit.

This is the only file that commits. One transaction per request or job; none is open while a model thinks.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Protocol

import psycopg
from sqlalchemy import Dialect, Engine, ExceptionContext, MetaData, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import NullPool

from runtime import embedded_postgres, patience, telemetry
from runtime.data_folder import data_folder
from runtime.errors import Unavailable
from runtime.settings import settings

_AFTER_COMMIT = "after_commit"
_BEFORE_COMMIT = "before_commit"
# Where the server quotes what it was given: a value that is wrong, and the row that breaks a rule.
_QUOTED = re.compile(r': ".*|\n(DETAIL|CONTEXT):.*', re.DOTALL)


class Table(DeclarativeBase):
    """What every table's class inherits; its metadata is compared with the migrations by a test."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def database_url() -> str:
    """The configured database, or the embedded one, started when it is not running."""
    configured = settings().runtime.database_url or embedded_postgres.start(data_folder())
    return configured.replace("postgresql://", "postgresql+psycopg://", 1)


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine of this process. Behind PgBouncer a prepared statement may be another server process's."""
    chosen = settings().runtime
    made = create_engine(
        database_url(),
        pool_size=chosen.database_pool,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=False,
        hide_parameters=True,  # An error must not carry a customer's text into a log.
        connect_args={
            "prepare_threshold": None if chosen.database_pgbouncer else 3,
            "connect_timeout": 5,
            "application_name": "deskfleet",
            **patience.KEEPALIVE,
        },
    )
    event.listen(made, "do_connect", _connect)
    event.listen(made, "handle_error", _forget_values)
    telemetry.watch_pool(made.pool.checkedout, chosen.database_pool)  # type: ignore[attr-defined]  # a queue pool
    return made


def _connect(
    _dialect: Dialect, _record: object, given: list[Any], named: dict[str, Any]
) -> patience.Connection:
    return patience.Connection.connect(*given, **named)


def _forget_values(context: ExceptionContext) -> None:
    """The parameters are hidden, but the server's own words repeat them; `orig.diag` still has it all."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (_QUOTED.sub("", str(error.args[0])), *error.args[1:])


def one_off_engine(url: str) -> Engine:
    """An engine without a pool, for migrations and scripts."""
    return create_engine(url, poolclass=NullPool)


def engine_beside_the_pool() -> Engine:
    """For what must not wait for a connection of the pool; its statements wait as patiently as those of the pool."""
    made = create_engine(
        database_url(), poolclass=NullPool, connect_args={"connect_timeout": 2, **patience.KEEPALIVE}
    )
    event.listen(made, "do_connect", _connect)
    return made


def dispose() -> None:
    """Close the connections of this process."""
    if engine.cache_info().currsize:
        engine().dispose()
        engine.cache_clear()


def _forget_after_fork() -> None:
    if engine.cache_info().currsize:
        engine().dispose(close=False)
        engine.cache_clear()


os.register_at_fork(after_in_child=_forget_after_fork)


@contextmanager
def transaction() -> Iterator[Session]:
    """A session whose work is committed at the end, or undone when an exception passes."""
    with (
        telemetry.span("transaction", db__system__name="postgresql"),
        Session(engine(), expire_on_commit=False, autoflush=False) as session,
    ):
        try:
            yield session
            for last in session.info.pop(_BEFORE_COMMIT, {}):
                last(session)
            session.commit()
        except DBAPIError as error:
            _discard_dead_connections(error)
            raise
    for action in session.info.pop(_AFTER_COMMIT, []):
        action()


class AtOnce:
    """Runs one statement that is a transaction by itself: one round trip, without the layers of a session."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self.info: dict[Any, Any] = {}

    def first(self, statement: str, values: Mapping[str, object]) -> Any | None:  # noqa: ANN401  # a row
        return self._connection.execute(statement, values).fetchone()


@contextmanager
def one_statement() -> Iterator[AtOnce]:
    """For the hottest path. Raises Unavailable when the statement did not go through, for whatever reason.

    It may have been carried out all the same, if the line broke before the answer:
    what follows must be safe to do twice.
    """
    with (
        patience.at_most(patience.INTAKE_S),
        telemetry.span("statement", db__system__name="postgresql"),
    ):
        yield from _one_statement()


def _one_statement() -> Iterator[AtOnce]:
    try:
        pooled = engine().raw_connection()
    except psycopg.Error as error:
        raise _not_taken(error) from None
    try:
        connection: psycopg.Connection[Any] = pooled.driver_connection  # type: ignore[assignment]  # of this engine
        connection.autocommit = True
        at_once = AtOnce(connection)
        try:
            yield at_once
        finally:
            connection.autocommit = False
    except psycopg.Error as error:
        pooled.invalidate()
        raise _not_taken(error) from None
    finally:
        pooled.close()
    for action in at_once.info.pop(_AFTER_COMMIT, []):
        action()


def _not_taken(error: psycopg.Error) -> Unavailable:
    """Its words repeat the values, so they are not passed on."""
    return Unavailable(f"The database did not take it ({type(error).__name__}).")


class Committing(Protocol):
    """A session, or what stands for it where there is a single statement."""

    @property
    def info(self) -> dict[Any, Any]: ...


def before_commit(session: Session, action: Callable[[Session], None]) -> None:
    """Run `action` as the last of the transaction, once however often it was asked for."""
    session.info.setdefault(_BEFORE_COMMIT, {})[action] = None


def after_commit(session: Committing, action: Callable[[], None]) -> None:
    """Run `action` once the transaction is durable; never when it is undone. It must not raise."""
    session.info.setdefault(_AFTER_COMMIT, []).append(action)


def _discard_dead_connections(error: DBAPIError) -> None:
    """After a restart of the server every pooled connection is dead: drop them all at the first sign."""
    if isinstance(error, OperationalError) and error.connection_invalidated:
        engine().dispose()


def is_alive() -> bool:
    """Whether the database answers now."""
    try:
        with patience.at_most(patience.PROBE_S), engine().connect() as connection:
            connection.execute(text("select 1"))
    except (DBAPIError, PoolTimeoutError):
        return False
    return True
