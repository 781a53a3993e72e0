"""Whom a model call is made for: set once around the work on a ticket, read where calls are paid and recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Payer:
    """None: the call belongs to no ticket, such as one that learns from answers at night."""

    ticket_id: int | None = None
    customer_id: int | None = None


_NOBODY = Payer()
_current: ContextVar[Payer] = ContextVar("payer", default=_NOBODY)


def payer() -> Payer:
    return _current.get()


@contextmanager
def billed_to(*, ticket_id: int | None, customer_id: int | None) -> Iterator[None]:
    """The model calls within belong to this ticket."""
    token = _current.set(Payer(ticket_id, customer_id))
    try:
        yield
    finally:
        _current.reset(token)
