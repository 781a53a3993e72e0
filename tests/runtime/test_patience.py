"""Answers of the database that do not come: nobody waits for ever, and nobody gets the line again."""

import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from runtime import database as database_module
from runtime import patience
from runtime.database import one_statement, transaction
from runtime.errors import Unavailable
from runtime.settings import settings
from tests.servers.fault_proxy import Fault, before_database

_SLEEP = "select pg_sleep(60)"


def test_a_statement_is_awaited_for_as_long_as_the_patience_lasts(database: str) -> None:
    began = time.monotonic()
    with (
        pytest.raises(OperationalError, match=r"no answer within 0\.3 s"),
        patience.at_most(0.3),
        transaction() as session,
    ):
        session.execute(text(_SLEEP))
    assert time.monotonic() - began < 30
    with transaction() as session:
        assert session.scalar(text("select 1")) == 1


def test_the_shorter_patience_counts_and_the_longer_comes_back(database: str) -> None:
    with patience.at_most(30.0):
        with pytest.raises(OperationalError), patience.at_most(0.3), patience.at_most(50.0):
            _sleep()
        with transaction() as session:
            session.execute(text("select pg_sleep(0.5)"))


def _sleep() -> None:
    with transaction() as session:
        session.execute(text(_SLEEP))


def test_another_thread_has_its_own_patience(database: str) -> None:
    done = threading.Event()

    def work() -> None:
        with transaction() as session:
            session.execute(text("select pg_sleep(0.5)"))
        done.set()

    with patience.at_most(0.1):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(timeout=60)
    assert done.is_set()


def test_a_line_that_died_without_a_word_is_given_up_and_another_is_made(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "INTAKE_S", 0.5)
    with before_database(database) as (line, through):
        database_module.dispose()
        monkeypatch.setenv("DESKFLEET_DATABASE_URL", through)
        settings.cache_clear()
        try:
            with one_statement() as at_once:
                assert at_once.first("select 1", {}) == (1,)
            line.fail(Fault.BLACKHOLE)
            with pytest.raises(Unavailable), one_statement() as at_once:
                at_once.first("select 1", {})
            line.fail(Fault.NONE)
            with one_statement() as at_once:
                assert at_once.first("select 2", {}) == (2,)
        finally:
            database_module.dispose()
