"""The live stream over a real server."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
import pytest
from sqlalchemy import insert

from console import live, open_pages
from console.sessions import COOKIE
from runtime.database import transaction
from tests.console.desk import Member, console_app, escalated, member
from tests.jobs import CollectedJobs
from tests.servers.web import served
from tickets import queries
from tickets.models import TicketEvent


@pytest.fixture
def anna(run_jobs: CollectedJobs) -> Member:
    return member()


@pytest.fixture
def server(anna: Member) -> Iterator[str]:
    with served(console_app()) as url:
        yield url


class Stream:
    """What one page hears: the lines, as they come."""

    def __init__(self, response: httpx2.Response) -> None:
        self.lines: list[str] = []
        self.ended = threading.Event()
        threading.Thread(target=self._read, args=(response,), daemon=True).start()

    def _read(self, response: httpx2.Response) -> None:
        try:
            for line in response.iter_lines():
                if line:
                    self.lines.append(line)
        except (httpx2.HTTPError, httpx2.StreamError):
            pass  # The test closed the page.
        self.ended.set()

    def hears(self, line: str, *, times: int = 1, within_s: float = 3.0) -> bool:
        return eventually(lambda: self.lines.count(line) >= times, within_s=within_s)


def eventually(condition: Callable[[], bool], *, within_s: float = 3.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def listening(server: str, anna: Member, query: str = "") -> Iterator[Stream]:
    cookies = {COOKIE: anna.client.cookies[COOKIE]}
    with (
        httpx2.Client(timeout=30, cookies=cookies) as client,
        client.stream("GET", f"{server}/console/live{query}") as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response)


def id_of(public_id: str) -> int:
    with transaction() as session:
        return queries.find_ticket(session, public_id).id


def test_a_page_is_told_at_first_and_when_something_happens(server: str, anna: Member) -> None:
    with listening(server, anna) as stream:
        assert stream.hears("event: queue")
        escalated()
        assert stream.hears("event: queue", times=2)


def test_a_tickets_page_is_told_of_its_ticket_alone(server: str, anna: Member) -> None:
    mine, other = escalated(), escalated()
    with listening(server, anna, f"?ticket={id_of(mine)}") as stream:
        assert stream.hears(f"event: ticket-{id_of(mine)}")
        anna.post(f"/console/tickets/{other}/note", text="elsewhere")
        assert stream.hears("event: queue", times=2)
        assert stream.lines.count(f"event: ticket-{id_of(mine)}") == 1
        anna.post(f"/console/tickets/{mine}/note", text="here")
        assert stream.hears(f"event: ticket-{id_of(mine)}", times=2)
    assert f"event: ticket-{id_of(other)}" not in stream.lines


def test_changed_rows_are_told_even_when_their_event_was_lost(server: str, anna: Member) -> None:
    ticket_id = id_of(escalated())
    with listening(server, anna, f"?ticket={ticket_id}") as stream:
        assert stream.hears("event: queue")
        with transaction() as session:
            session.execute(insert(TicketEvent).values(ticket_id=ticket_id, kind="noted", actor="system"))
        assert stream.hears(f"event: ticket-{ticket_id}", times=2, within_s=2 * open_pages.READ_S)


def test_a_burst_is_told_once(server: str, anna: Member) -> None:
    public_id = escalated()
    with listening(server, anna) as stream:
        assert stream.hears("event: queue")
        for number in range(20):
            anna.post(f"/console/tickets/{public_id}/note", text=f"note {number}")
        time.sleep(2 * live.PAUSE_S)
        assert 1 < stream.lines.count("event: queue") < 15


def test_a_quiet_stream_shows_that_it_lives(
    server: str, anna: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.1)
    with listening(server, anna) as stream:
        assert stream.hears(": still here", times=2)


def test_a_page_that_is_closed_is_forgotten(server: str, anna: Member) -> None:
    cookies = {COOKIE: anna.client.cookies[COOKIE]}
    with httpx2.Client(cookies=cookies) as client, client.stream("GET", f"{server}/console/live") as response:
        lines = response.iter_lines()
        assert next(lines) == "retry: 2000"
        assert open_pages.count() == 1
    assert eventually(lambda: open_pages.count() == 0)


def test_a_long_stream_ends_so_that_the_session_is_asked_again(
    server: str, anna: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LONGEST_S", 0.1)
    with listening(server, anna) as stream:
        assert stream.ended.wait(5)


def test_streams_end_when_the_server_is_about_to_stop(server: str, anna: Member) -> None:
    with listening(server, anna) as stream:
        assert stream.hears("event: queue")
        open_pages.close_all()
        assert stream.ended.wait(5)


def test_nobody_listens_without_a_session(server: str) -> None:
    response = httpx2.get(f"{server}/console/live", headers={"Accept": "text/event-stream"})
    assert response.status_code == 401
