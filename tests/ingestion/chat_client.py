"""A visitor's page as far as the wire goes, and what tests of the chat ask the database."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from websockets.sync.client import ClientConnection

from runtime.database import transaction
from tickets import lifecycle
from tickets.models import Message, Ticket

Frame = dict[str, Any]
_WAIT_S = 10.0  # Longer than the look for replies whose event was lost.


class Page:
    """A visitor's page. What came and was not asked for yet is kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.kept: list[Frame] = []
        self.welcome = self.next("welcome")

    def send(self, **frame: object) -> None:
        self.socket.send(json.dumps(frame))

    def say(self, text: str, *, frame_id: str = "", **more: object) -> Frame:
        """Send a message and wait until the server has it."""
        frame_id = frame_id or str(uuid.uuid4())
        self.send(type="message", id=frame_id, text=text, **more)
        received = self.next("received")
        assert received["id"] == frame_id
        return received

    def next(self, kind: str, **values: object) -> Frame:
        """The first frame of this kind, with these values, that was not taken before."""
        deadline = time.monotonic() + _WAIT_S
        while True:
            for frame in self.kept:
                if frame["type"] == kind and values.items() <= frame.items():
                    self.kept.remove(frame)
                    return frame
            self.kept.append(json.loads(self.socket.recv(timeout=max(0.0, deadline - time.monotonic()))))

    def texts(self, count: int) -> list[str]:
        return [self.next("message")["text"] for _ in range(count)]


Open = Callable[..., Page]


def the_ticket() -> Ticket:
    with transaction() as session:
        return session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()


def stored() -> list[Message]:
    with transaction() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def staff_says(text: str, *, hold_s: float = 0.0) -> int:
    with transaction() as session:
        ticket = session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
        return lifecycle.staff_reply(
            session, ticket.id, text, staff="AGENT-1", name="Carol", seen_seq=ticket.last_seq, hold_s=hold_s
        )


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)
