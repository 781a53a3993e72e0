"""A running web chat and the pages that visitors open."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from runtime.settings import settings
from tests.ingestion.chat_browser import FLAGS
from tests.ingestion.chat_client import Open, Page
from tests.ingestion.chat_server import running_chat
from tests.ingestion.host_page import HostPage, a_host_page
from tests.jobs import CollectedJobs


@pytest.fixture
def chat_address(run_jobs: CollectedJobs) -> Iterator[str]:
    """host:port of a server with the chat alone."""
    with running_chat() as address:
        yield address


@pytest.fixture
def open_page(chat_address: str) -> Iterator[Open]:
    """Opens chats, with a token or without; they are closed after the test."""
    with contextlib.ExitStack() as opened:

        def open_(*, token: str = "", **options: Any) -> Page:
            protocols = [Subprotocol(one) for one in ("deskfleet.chat", token) if one]
            url = f"ws://{chat_address}/chat/ws"
            return Page(opened.enter_context(connect(url, subprotocols=protocols, **options)))

        yield open_


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's browser, in which no page may fail."""
    context = browser.new_context()
    failures: list[str] = []
    context.on("weberror", lambda error: failures.append(str(error.error)))
    yield context
    context.close()
    assert failures == []


@pytest.fixture
def shop(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostPage]:
    """A shop whose pages may show the chat of a running desk."""
    with a_host_page() as host:
        monkeypatch.setenv("DESKFLEET_CHAT_ORIGINS", host.origin)
        settings.cache_clear()
        with running_chat() as host.desk:
            yield host
