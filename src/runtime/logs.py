"""JSON logs on standard error, one line an event, each with the correlation id. No message text, no secrets."""

import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError
from structlog.typing import EventDict, ExcInfo, WrappedLogger

from runtime import correlation
from runtime.redaction import ALL, Kind, redact
from runtime.settings import settings

_NOISY = (
    "pika",
    "httpx",
    "httpcore",
    "amqp",
    "kombu",
    "celery.beat",
    "celery.worker.strategy",
    "celery.app.trace",
)


def _add_correlation(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if found := correlation.current():
        event.setdefault("correlation_id", found)
    return event


# Names and streets are guessed from the words around them, which a log line and a traceback have not; addresses of
# machines are what whoever runs them looks for.
_OUT_OF_LOGS = ALL - {Kind.PERSON, Kind.STREET_ADDRESS, Kind.IP_ADDRESS}
_OURS = frozenset({"timestamp", "level", "logger", "correlation_id", "process"})


def _without_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What a library or an error repeats of a message is taken out of the line."""
    for name, value in event.items():
        if isinstance(value, str) and name not in _OURS:
            event[name] = redact(value, _OUT_OF_LOGS)
    return event


def _words_of(error: BaseException) -> str:
    """The server's own words repeat what a customer wrote: of a database's error, its kind and number alone."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(original, psycopg.Error):
        return "".join(traceback.format_exception_only(error)).rstrip("\n")
    kind = type(original)
    return f"{type(error).__name__}: {kind.__module__}.{kind.__qualname__} {original.sqlstate or ''}".rstrip()


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, newest first."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _traceback_of(exc_info: ExcInfo) -> str:
    told = [
        "".join(["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__)])
        + _words_of(error)
        for error in _chain(exc_info[1])
    ]
    return "\n\nwhich led to:\n\n".join(reversed(told))


def _name_database_errors(record: logging.LogRecord) -> bool:
    """A filter that lets everything pass: for errors that are arguments of a line."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            _words_of(one) if isinstance(one, DBAPIError | psycopg.Error) else one for one in record.args
        )
    return True


def configure(process: str, *, to_file: Path | None = None) -> None:
    """Send the logs of this process, ours and the libraries', to standard error or a file, as JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_correlation,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.ExceptionRenderer(_traceback_of),
    ]
    handler = logging.FileHandler(to_file) if to_file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_personal_data,
                _named(process),
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    handler.addFilter(_name_database_errors)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings().runtime.log_level)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _named(process: str) -> structlog.typing.Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return add
