"""JSON logs: what a line holds, and what no line may hold."""

import contextlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from runtime import correlation, logs, web
from runtime.database import one_off_engine, transaction
from runtime.settings import settings
from tests.servers.web import served

log = logging.getLogger("ingestion.test")

WORDS = "My card is 4111 1111 1111 1111\nand more"


class Log:
    """The file that the logs go to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def text(self) -> str:
        return self._path.read_text(encoding="utf-8")

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@contextlib.contextmanager
def logging_to(path: Path) -> Iterator[Log]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("worker", to_file=path)
    try:
        yield Log(path)
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = before
        root.setLevel(level)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Log]:
    settings.cache_clear()
    with logging_to(tmp_path / "log") as log_file:
        yield log_file


def test_a_line_says_what_when_where_and_for_which_message(written: Log) -> None:
    with correlation.correlate("request-0001"):
        log.warning("ticket %s escalated", "TKT-1", extra={"ticket_id": "TKT-1", "cost_usd": 0.25})
    [line] = written.lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "ticket TKT-1 escalated",
        "level": "warning",
        "logger": "ingestion.test",
        "process": "worker",
        "correlation_id": "request-0001",
        "ticket_id": "TKT-1",
        "cost_usd": 0.25,
    }


def test_outside_a_request_a_line_has_no_correlation_id(written: Log) -> None:
    log.warning("nothing special")
    assert "correlation_id" not in written.lines()[0]


def test_an_event_is_one_line_whatever_it_holds(written: Log) -> None:
    log.warning('two\nlines, a "quote", \u2028 and ünïcode', extra={"value": Path("/tmp"), "more": {1: 2}})
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        log.exception("it failed")
    assert len(written.lines()) == 2
    assert "ValueError: first\nsecond" in written.lines()[1]["exception"]


def test_less_than_the_set_level_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_LOG_LEVEL", "ERROR")
    settings.cache_clear()
    with logging_to(tmp_path / "log") as written:
        log.warning("not this")
        log.error("but this")
    settings.cache_clear()
    assert [line["event"] for line in written.lines()] == ["but this"]


def test_libraries_that_talk_too_much_are_heard_when_they_warn(written: Log) -> None:
    for name in ("pika", "httpx", "celery.beat"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(f"{name}.deeper").warning("heard")
    assert {line["event"] for line in written.lines()} == {"heard"}


@pytest.mark.parametrize(
    "statement",
    [
        "select cast(:words as integer)",
        "insert into nowhere values (:words)",
        "insert into tickets (public_id, customer_id, channel, subject, answer_due_at, status) "
        "values ('TKT-1', 1, 'mail', :words, now(), 'odd')",
        "insert into customers (public_id, name) values (:words, ''), (:words, '')",
    ],
    ids=["a wrong cast", "no such table", "a broken constraint", "a second time"],
)
def test_a_statement_that_failed_leaves_no_text_of_a_message_in_the_log(
    database: str, written: Log, statement: str
) -> None:
    try:
        with transaction() as session:
            session.execute(text(statement), {"words": WORDS})
    except DBAPIError as error:
        log.exception("job failed")
        log.warning("job failed: %s", error)
    assert len(written.lines()) == 2
    assert "psycopg.errors" in written.text
    assert "4111" not in written.text
    assert "and more" not in written.text


def test_of_an_error_of_the_database_only_its_kind_is_logged_wherever_it_is_in_the_chain(
    database: str, written: Log
) -> None:
    engine = one_off_engine(database.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        try:
            with engine.connect() as connection:
                connection.execute(text("select cast(:words as integer)"), {"words": WORDS})
        except DBAPIError as error:
            log.warning("job failed: %s, %s", error, error.orig)
            raise RuntimeError("the job failed") from error
    except RuntimeError as error:
        log.exception("job failed")
        log.warning("once more", exc_info=error)
    first, second, third = written.lines()
    assert first["event"].count("psycopg.errors.InvalidTextRepresentation 22P02") == 2
    for line in (second, third):
        assert "DataError: psycopg.errors.InvalidTextRepresentation 22P02" in line["exception"]
        assert "RuntimeError: the job failed" in line["exception"]
        assert "test_logs.py" in line["exception"]
    assert "4111" not in written.text
    assert "and more" not in written.text


def test_what_the_server_logs_of_a_failed_request_carries_its_correlation_id(written: Log) -> None:
    app = FastAPI()
    web.install(app)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("unexpected")

    with served(app) as address:
        httpx.get(f"{address}/broken", headers={"X-Correlation-ID": "request-0001"})
    failures = [line for line in written.lines() if line["level"] == "error"]
    assert [line["correlation_id"] for line in failures] == ["request-0001"]
    assert "RuntimeError: unexpected" in failures[0]["exception"]


def test_personal_data_that_a_library_repeats_is_taken_out_of_a_line(written: Log) -> None:
    log.warning("no relay for %s", "alice@example.com", extra={"said": "password: hunter2", "seconds": 3})
    try:
        raise ValueError("card 4111 1111 1111 1111 is odd")
    except ValueError:
        log.exception("refused")
    warning, failure = written.lines()
    assert (warning["event"], warning["said"]) == ("no relay for [EMAIL_ADDRESS]", "password: [SECRET]")
    assert warning["seconds"] == 3
    assert "ValueError: card [CREDIT_CARD] is odd" in failure["exception"]
    assert "4111" not in written.text


def test_addresses_of_machines_and_ids_stay_in_a_line(written: Log) -> None:
    with correlation.correlate("4111111111111111"):
        log.warning("cannot reach 10.0.0.7:5432")
    [line] = written.lines()
    assert line["event"] == "cannot reach 10.0.0.7:5432"
    assert line["correlation_id"] == "4111111111111111"
