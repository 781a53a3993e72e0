"""Two web processes that know one another only by the database and the broker: a chat is at home in both."""

import json
import re
import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from runtime.database import one_off_engine
from tests.journeys.fleet import BROKER_URL, Fleet, a_database, a_fleet

LOOK_S = 5.0  # Without an event a reply is found by the look at the rows.


@dataclass
class Pods:
    first: Fleet
    second: Fleet
    database_url: str
    admin: dict[str, str]


@pytest.fixture(scope="module")
def pods(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pods]:
    # What staff write is not held back: the tests measure how soon it arrives.
    shared = {
        "BROKER_URL": BROKER_URL,
        "SECRET_KEY": secrets.token_hex(32),
        "CONSOLE_UNDO_SEND_S": "0",
    }
    with ExitStack() as stack:
        database_url = stack.enter_context(a_database(database_server, "chat_pods"))
        first, second = (
            stack.enter_context(a_fleet(tmp_path_factory.mktemp(name), database_url, **shared))
            for name in ("first", "second")
        )
        first.run("migrate")
        admin = first.run("user", "create", "admin@example.com", "--name", "Bob", "--role", "admin", "--json")
        for pod in (first, second):
            pod.start("web")
            pod.wait_until_ready()
        yield Pods(first, second, database_url, admin)


class Socket:
    """A visitor's socket on one of the pods."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.token = str(self.next("welcome")["token"])

    def send(self, **frame: object) -> None:
        self.connection.send(json.dumps(frame))

    def next(self, kind: str, *, timeout_s: float = 10.0, **values: object) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        while True:
            frame = self.frame(timeout_s=max(0.0, deadline - time.monotonic()))
            if frame["type"] == kind and values.items() <= frame.items():
                return frame

    def frame(self, *, timeout_s: float = 10.0) -> dict[str, Any]:
        """Whatever comes next."""
        return dict(json.loads(self.connection.recv(timeout=timeout_s)))


@pytest.fixture
def open_socket() -> Iterator[Any]:
    with ExitStack() as opened:

        def open_(pod: Fleet, token: str = "") -> Socket:
            protocols = [Subprotocol(one) for one in ("deskfleet.chat", token) if one]
            address = pod.url.replace("http", "ws", 1) + "/chat/ws"
            return Socket(opened.enter_context(connect(address, subprotocols=protocols)))

        yield open_


def newest_ticket(pods: Pods) -> Any:
    url = pods.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    with one_off_engine(url).connect() as connection:
        return connection.execute(text("select * from tickets order by id desc limit 1")).one()


def staff_reply(pod: Fleet, admin: dict[str, str], ticket_id: str, words: str) -> None:
    """As staff do it: by the console of a pod."""
    with httpx.Client(base_url=pod.url, follow_redirects=True, timeout=10.0) as console:
        login = console.get("/console/login")
        form = {"email": admin["email"], "password": admin["password"], "csrf": hidden(login.text, "csrf")}
        assert console.post("/console/login", data=form).status_code == 200
        page = console.get(f"/console/tickets/{ticket_id}")
        fields = {name: hidden(page.text, name) for name in ("csrf", "seen_seq")}
        answer = console.post(f"/console/tickets/{ticket_id}/reply", data=fields | {"text": words})
        assert answer.status_code == 200, answer.text[:500]


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, f"the page has no field {name}"
    return found.group(1)


def test_a_reply_given_in_one_pod_reaches_the_socket_in_the_other(pods: Pods, open_socket: Any) -> None:
    here = open_socket(pods.first)
    here.send(type="message", id=str(uuid.uuid4()), text="Where is my lamp?")
    here.next("status", status="answering")
    there = open_socket(pods.second, here.token)
    there.send(type="resume", after=0)
    assert there.next("message")["text"] == "Where is my lamp?"
    there.next("status", status="answering")

    staff_reply(pods.second, pods.admin, newest_ticket(pods).public_id, "It is on its way.")
    replied = time.monotonic()
    for socket in (there, here):
        assert socket.next("message", author="staff", timeout_s=LOOK_S)["text"] == "It is on its way."
    assert time.monotonic() - replied < LOOK_S / 2, "it was found by the look, not heard of by an event"


def test_what_a_visitor_writes_in_one_tab_appears_in_a_tab_of_the_other_pod(
    pods: Pods, open_socket: Any
) -> None:
    here = open_socket(pods.first)
    here.send(type="message", id=str(uuid.uuid4()), text="One")
    here.next("received")
    there = open_socket(pods.second, here.token)
    there.send(type="resume", after=0)
    there.next("message", text="One")
    there.send(type="message", id=str(uuid.uuid4()), text="Two")
    assert here.next("message", text="Two", timeout_s=LOOK_S)
    there.send(type="person")
    for socket in (here, there):
        socket.next("status", status="with_staff", timeout_s=LOOK_S)


def test_a_reply_that_no_event_tells_of_is_found_within_seconds(pods: Pods, open_socket: Any) -> None:
    sockets = [open_socket(pods.first)]
    sockets[0].send(type="message", id=str(uuid.uuid4()), text="Is anybody there?")
    sockets[0].next("status", status="answering")
    sockets.append(open_socket(pods.second, sockets[0].token))
    sockets[1].next("status", status="answering")
    time.sleep(LOOK_S + 0.5)  # Both pods have looked at the conversation as it is now.
    url = pods.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    with one_off_engine(url).begin() as connection:  # As when a process dies right after its commit.
        ticket = connection.execute(
            text(
                "update tickets set last_seq = last_seq + 1, handled_seq = last_inbound_seq, owner = 'staff', "
                "status = 'waiting_customer', staff_due_at = now() where id = :id returning id, last_seq"
            ),
            {"id": newest_ticket(pods).id},
        ).one()
        connection.execute(
            text(
                "insert into messages (ticket_id, seq, kind, author, author_name, text, delivery) "
                "values (:id, :seq, 'outbound', 'staff', 'Bob', 'Yes.', 'queued')"
            ),
            {"id": ticket.id, "seq": ticket.last_seq},
        )
    started = time.monotonic()
    for socket in sockets:
        assert socket.next("message", author="staff", timeout_s=2 * LOOK_S)["text"] == "Yes."
    assert time.monotonic() - started < LOOK_S + 2.0
