"""A desk as mail tests see it: its settings for one test, and what is in its tables."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from ingestion.models import ParkedMail
from runtime.database import transaction
from runtime.settings import settings
from tickets.models import Message, Ticket

Configure = Callable[..., None]


@contextmanager
def configuring(data: Path) -> Iterator[Configure]:
    """`configure(MAIL_SMTP_URL=…)` sets DESKFLEET_MAIL_SMTP_URL until the end; the data folder is `data`."""
    with pytest.MonkeyPatch.context() as patch:

        def configure(**values: object) -> None:
            for name, value in values.items():
                patch.setenv(f"DESKFLEET_{name}", str(value))
            settings.cache_clear()

        configure(DATA=data)
        yield configure
    settings.cache_clear()


def counts() -> tuple[int, int, int]:
    """How many tickets, messages and parked mails there are."""
    with transaction() as session:
        tickets, messages, parked = (
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Ticket, Message, ParkedMail)
        )
    return tickets, messages, parked


def texts() -> list[str]:
    """The messages, in the order in which they came."""
    with transaction() as session:
        return list(session.scalars(select(Message.text).order_by(Message.id)))


def parked_reasons() -> list[str]:
    with transaction() as session:
        return list(session.scalars(select(ParkedMail.reason).order_by(ParkedMail.id)))


@contextmanager
def refusing(word: str) -> Iterator[None]:
    """A database that stores no message with this text."""
    with transaction() as session:
        session.execute(text(f"alter table messages add constraint refused check (text <> '{word}')"))
    try:
        yield
    finally:
        with transaction() as session:
            session.execute(text("alter table messages drop constraint refused"))


@contextmanager
def without_table(name: str) -> Iterator[None]:
    """A database in which a table cannot be found for a while."""
    with transaction() as session:
        session.execute(text(f"alter table {name} rename to hidden"))
    try:
        yield
    finally:
        with transaction() as session:
            session.execute(text(f"alter table hidden rename to {name}"))
