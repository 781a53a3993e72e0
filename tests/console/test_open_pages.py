"""Who tells the open pages."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import make_url, text, update

from console import open_pages
from console.open_pages import Page
from runtime import database as database_module
from runtime.database import transaction
from tests.console.desk import receive
from tickets.models import Ticket


async def _opened() -> Page:
    page = Page(frozenset({"queue"}))
    open_pages.join(page)
    assert await page.heard(most_s=1) == ["queue"]
    return page


def test_a_page_whose_server_is_gone_is_told_without_harm(database: str) -> None:
    page = asyncio.run(_opened())
    receive()
    open_pages.close_all()
    open_pages.leave(page)
    assert open_pages.count() == 0


def test_a_deadline_that_passes_is_told_although_nothing_happened(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_pages, "READ_S", 0.05)
    receive()
    with transaction() as session:
        session.execute(update(Ticket).values(answer_due_at=datetime.now(UTC) + timedelta(seconds=0.6)))

    async def story() -> list[str]:
        page = await _opened()
        try:
            return await page.heard(most_s=5)
        finally:
            open_pages.leave(page)

    assert asyncio.run(story()) == ["queue"]


@contextmanager
def out_of_reach(server: str, url: str) -> Iterator[None]:
    """The database lets nobody in, and throws out who is."""
    name = make_url(url).database
    administrator = database_module.one_off_engine(
        server.replace("postgresql://", "postgresql+psycopg://", 1)
    )
    with administrator.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"alter database {name} with allow_connections false"))
        connection.execute(
            text(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
        )
        try:
            yield
        finally:
            connection.execute(text(f"alter database {name} with allow_connections true"))


def test_the_reader_outlives_an_outage_of_the_database(
    database_server: str, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(open_pages, "READ_S", 0.05)

    async def story() -> list[str]:
        page = await _opened()
        try:
            with out_of_reach(database_server, database):
                assert await page.heard(most_s=0.5) == []
            with transaction() as session:
                session.execute(update(Ticket).values(owner="staff", staff_due_at=datetime.now(UTC)))
            return await page.heard(most_s=5)
        finally:
            open_pages.leave(page)

    receive()
    assert asyncio.run(story()) == ["queue"]
    assert "the console is not live for the moment: OperationalError" in caplog.text
