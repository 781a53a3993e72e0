"""What people do on a day, as far as the figures count it: they write, chat, rate, and look at live pages."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from runtime.settings import settings
from tests.journeys.fleet import Fleet
from tickets import surveys

QUESTION = "How do I reset my password?"


def write_in(fleet: Fleet, key: str) -> str:
    """A program opens a ticket; its id."""
    answer = httpx.post(
        f"{fleet.url}/api/v1/tickets",
        headers={"X-API-Key": key},
        json={"description": QUESTION, "customer_email": "alice@example.com"},
        timeout=60,
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["ticket_id"])


def rate(fleet: Fleet, ticket_id: str, rating: int) -> None:
    """A customer follows a link of a survey, which the desk signs with its key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKFLEET_SECRET_KEY", fleet.environment["DESKFLEET_SECRET_KEY"])
        patch.setenv("DESKFLEET_PUBLIC_URL", fleet.url)
        settings.cache_clear()
        link = surveys.link_of(ticket_id, rating)
    settings.cache_clear()
    answer = httpx.post(link.partition("?")[0], data={"rating": str(rating)}, timeout=60)
    assert answer.status_code == 200, answer.text


@contextmanager
def a_visitor_chats(fleet: Fleet) -> Iterator[None]:
    """A chat that stays open."""
    address = fleet.url.replace("http", "ws", 1) + "/chat/ws"
    with connect(address, origin=Origin(fleet.url), open_timeout=60) as socket:
        assert json.loads(socket.recv(timeout=60))["type"] == "welcome"
        yield


@contextmanager
def staff_look(fleet: Fleet, admin: dict[str, Any]) -> Iterator[None]:
    """A page of the console that hears of what happens."""
    with httpx.Client(base_url=fleet.url, follow_redirects=True, timeout=60) as browser:
        csrf = re.search(r'name="csrf"[^>]*value="([^"]*)"', browser.get("/console/login").text)
        assert csrf, "the page has no field csrf"
        said = {"email": admin["email"], "password": admin["password"], "csrf": csrf.group(1)}
        assert "/console/login" not in str(browser.post("/console/login", data=said).url)
        with browser.stream("GET", "/console/live") as live:
            assert live.status_code == 200
            yield
