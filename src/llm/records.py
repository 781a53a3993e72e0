"""A row for each call, written together with the settlement of its budgets. A call never fails by it."""

import logging
import os
import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError

from llm import budget
from llm.budget import Reservation
from llm.models import LlmCall
from llm.payer import payer
from runtime import correlation
from runtime.database import transaction
from runtime.errors import DeskfleetError
from runtime.telemetry import record_unwritten

log = logging.getLogger(__name__)

_MOST_WAITING = 10_000  # Of an hour without a database; older ones are given up.


@dataclass(frozen=True)
class CallRecord:
    """What is known of one call. `outcome` is ok or the name of a `Fault`."""

    at: datetime
    purpose: str
    prompt_version: str
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: Decimal
    ms: int
    first_token_ms: int | None
    outcome: str
    ticket_id: int | None
    customer_id: int | None
    correlation_id: str


def of_local(purpose: str, prompt_version: str, at: datetime, seconds: float) -> CallRecord:
    """The row of an answer that no vendor gave."""
    who = payer()
    return CallRecord(
        at=at,
        purpose=purpose,
        prompt_version=prompt_version,
        provider="local",
        model="local",
        input_tokens=0,
        output_tokens=0,
        cached_tokens=0,
        cost_usd=Decimal(0),
        ms=round(seconds * 1000),
        first_token_ms=None,
        outcome="ok",
        ticket_id=who.ticket_id,
        customer_id=who.customer_id,
        correlation_id=correlation.current(),
    )


_waiting: deque[tuple[CallRecord | None, Reservation | None]] = deque(maxlen=_MOST_WAITING)
_writing = threading.Lock()


def write(record: CallRecord | None, reservation: Reservation | None = None) -> None:
    """Write the row and settle; without a record the reservation is given back.

    What the database does not take now is written with a later call.
    """
    mine = (record, reservation)
    try:
        _write_one(*mine)
    except (SQLAlchemyError, DeskfleetError) as error:
        _waiting.append(mine)
        log.warning("the row of a model call waits for the database: %s", type(error).__name__)
    else:
        _write_waiting()
    record_unwritten(len(_waiting))


def _write_one(record: CallRecord | None, reservation: Reservation | None) -> None:
    with transaction() as session:
        if record:
            session.execute(insert(LlmCall), asdict(record))
        if reservation:
            budget.settle(session, reservation, record.cost_usd if record else Decimal(0))


def _write_waiting() -> None:
    """What waits, the oldest first, by one thread at a time."""
    if not _waiting or not _writing.acquire(blocking=False):
        return
    try:
        while _waiting:
            _write_one(*_waiting[0])
            _waiting.popleft()
    except (SQLAlchemyError, DeskfleetError):
        log.warning("%d rows of model calls still wait for the database", len(_waiting))
    finally:
        _writing.release()


def _forget_after_fork() -> None:
    """What waits is written by the parent; the child has none of its threads."""
    global _writing
    _writing = threading.Lock()
    _waiting.clear()


os.register_at_fork(after_in_child=_forget_after_fork)
