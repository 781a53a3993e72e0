"""Events after commit, in this process and over a real RabbitMQ."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from runtime import events, publisher
from runtime.database import transaction
from runtime.settings import settings

BROKER_URL = os.environ.get("DESKFLEET_TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/%2F")


@pytest.fixture(params=["in this process", "RabbitMQ"])
def heard(
    request: pytest.FixtureRequest, database: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    if request.param == "RabbitMQ":
        monkeypatch.setenv("DESKFLEET_BROKER_URL", BROKER_URL)
        # The one of the process may still be connected to the broker of another test.
        monkeypatch.setattr(publisher, "_publisher", publisher.Publisher())
        settings.cache_clear()
    found: list[str] = []
    stop = events.subscribe(lambda topic, payload: found.append(f"{topic} {payload['ticket_id']}"))
    yield found
    stop()


def publish_until_heard(heard: list[str], ticket_id: int) -> None:
    """A listener that has just begun may miss the first ones: events are hints."""
    deadline = time.monotonic() + 10
    while f"ticket.replied {ticket_id}" not in heard:
        assert time.monotonic() < deadline, "not heard"
        with transaction() as session:
            events.publish(session, "ticket.replied", ticket_id=ticket_id)
        publisher.flush()
        time.sleep(0.05)


def test_an_event_reaches_the_listener(heard: list[str]) -> None:
    publish_until_heard(heard, 7)


def test_what_was_undone_is_not_published(heard: list[str]) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        events.publish(session, "ticket.replied", ticket_id=1)
        raise ZeroDivisionError
    publish_until_heard(heard, 2)
    assert "ticket.replied 1" not in heard


def test_a_broker_that_is_away_stops_nobody(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_BROKER_URL", "amqp://guest:guest@127.0.0.1:1/%2F")
    settings.cache_clear()
    fresh = publisher.Publisher()
    monkeypatch.setattr(publisher, "_publisher", fresh)
    started = time.monotonic()
    for _ in range(100):
        with transaction() as session:
            events.publish(session, "ticket.replied", ticket_id=1)
    assert time.monotonic() - started < 2
    fresh.flush()
    assert threading.active_count() < 100
