"""A chat in two pods sees a reply grow while Claude writes it, and nothing is left of it when its worker is killed."""

import itertools
import secrets
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed

from runtime.database import one_off_engine
from tests.journeys.fleet import BROKER_URL, Fleet, a_database, a_fleet, eventually
from tests.journeys.test_chat_pods import Socket, open_socket
from tests.stubs.anthropic_stub import AnthropicStub
from tests.stubs.model_stub import Behaviour, Received, ok

__all__ = ["open_socket"]

WHOLE_S = 6.0
FIRST_S = 1.5
VANISHED_S = 15.0
PLACES = ("France", "Spain", "Italy", "Poland", "Austria", "Sweden", "Norway", "Ireland", "Greece", "Latvia")
SENTENCES = [
    "Standard delivery takes 3 to 5 business days.",
    *(f"Delivery to {place} takes {days} business days." for days, place in enumerate(PLACES, start=4)),
]
ARTICLE = "# Delivery\n\n## How long does it take?\n\n" + " ".join(SENTENCES) + "\n"
REPLY = {"sentences": [{"text": one, "sources": [1], "step": False} for one in SENTENCES]}
TRIAGE = {
    "category": "shipping", "priority": "normal", "sentiment": 0.1, "language": "en",
    "summary": "Asks how long delivery takes.", "confidence": 0.95,
}  # fmt: skip
QUESTION = "How long does standard delivery take?"


@dataclass
class Claude:
    """Triage at once; a reply takes `WHOLE_S` seconds while `slow` is set."""

    slow: bool = False

    def __call__(self, request: Received) -> Behaviour:
        if request.tool == "Triage":
            return ok(TRIAGE)
        behaviour = ok(REPLY)
        if not self.slow:
            return behaviour
        return replace(behaviour, piece_every_s=WHOLE_S / len(behaviour.pieces()))


@dataclass
class Pods:
    first: Fleet
    second: Fleet
    database_url: str
    claude: Claude

    def rows(self, statement: str) -> list[Any]:
        url = self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
        with one_off_engine(url).connect() as connection:
            return list(connection.execute(text(statement)).all())

    def answered(self) -> bool:
        """Whether the agent answers the newest ticket, rather than staff."""
        newest = "select owner, handled_seq = last_inbound_seq from tickets order by id desc limit 1"
        settled = eventually(
            lambda: [row for row in self.rows(newest) if row[1]], timeout_s=240, what="nobody answered"
        )
        return bool(settled[0][0] == "agent")


@pytest.fixture(scope="module")
def pods(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pods]:
    article: Path = tmp_path_factory.mktemp("articles") / "delivery.md"
    article.write_text(ARTICLE)
    claude = Claude()
    shared = {"BROKER_URL": BROKER_URL, "SECRET_KEY": secrets.token_hex(32), "AGENT_LEASE_S": "15"}
    with ExitStack() as stack:
        stub = stack.enter_context(AnthropicStub(otherwise=claude))
        database_url = stack.enter_context(a_database(database_server, "chat_streaming"))
        first, second = (
            stack.enter_context(a_fleet(tmp_path_factory.mktemp(name), database_url, **shared))
            for name in ("first", "second")
        )
        first.environment |= {"ANTHROPIC_API_KEY": "test-key", "DESKFLEET_ANTHROPIC_URL": stub.url}
        first.run("migrate")
        first.run("knowledge", "add", str(article), "--json")
        for pod in (first, second):
            pod.start("web")
            pod.wait_until_ready()
        first.start("worker")
        first.start("beat")
        yield Pods(first, second, database_url, claude)


@pytest.fixture
def sockets(pods: Pods, open_socket: Any) -> tuple[Socket, Socket]:
    """One visitor in both pods, whose first question was answered; somebody else's has warmed up the processes."""
    pods.claude.slow = False
    ask(open_socket(pods.first))
    assert pods.answered(), pods.rows("select owner, reason from tickets")
    here = open_socket(pods.first)
    here.send(type="message", id=str(uuid.uuid4()), text="Which days does delivery to Spain take?")
    assert pods.answered(), pods.rows("select owner, reason from tickets")
    here.next("message", author="agent")
    there = open_socket(pods.second, here.token)
    there.send(type="resume", after=0)
    there.next("message", author="agent")
    pods.claude.slow = True
    return here, there


def ask(socket: Socket) -> float:
    socket.send(type="message", id=str(uuid.uuid4()), text=QUESTION)
    return time.monotonic()


def test_the_first_sentence_is_seen_in_the_other_pod_long_before_the_reply(
    pods: Pods, sockets: tuple[Socket, Socket]
) -> None:
    here, there = sockets
    asked = ask(here)
    first = there.next("partial")
    first_s = time.monotonic() - asked
    assert SENTENCES[0] in first["text"]
    grown = [first["text"]]
    while True:
        frame = there.frame()
        if frame["type"] == "partial":
            grown.append(frame["text"])
        elif frame.get("author") == "agent":
            break
    reply_s = time.monotonic() - asked
    print(f"first sentence after {first_s:.2f} s, {len(grown)} frames, reply after {reply_s:.2f} s")
    assert all(after.startswith(before) for before, after in itertools.pairwise(grown))
    assert len(grown) >= 5
    assert frame["answers"] == first["key"]
    assert grown[-1] in frame["text"]
    assert SENTENCES[-1] in frame["text"]
    assert there.next("partial")["text"] == "", "it is taken back when its message has come"
    assert here.next("message", author="agent")["message_id"] == frame["message_id"]
    assert reply_s >= WHOLE_S
    assert first_s < max(FIRST_S, reply_s / 3), "on a busy machine everything takes longer"


def test_a_killed_worker_leaves_nothing_behind_and_the_reply_comes_once(
    pods: Pods, sockets: tuple[Socket, Socket]
) -> None:
    here, there = sockets
    ask(here)
    there.next("partial")
    worker = pods.first.processes.pop("worker")
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    killed = time.monotonic()
    pods.claude.slow = False
    while there.next("partial", timeout_s=VANISHED_S)["text"]:
        pass
    vanished_s = time.monotonic() - killed
    pods.first.start("worker")
    reply = there.next("message", author="agent", timeout_s=240)
    assert all(sentence in reply["text"] for sentence in SENTENCES)
    print(f"vanished after {vanished_s:.2f} s, reply after {time.monotonic() - killed:.2f} s")
    assert vanished_s < VANISHED_S
    with pytest.raises((TimeoutError, ConnectionClosed)):
        there.next("message", author="agent", timeout_s=3)
    newest = "(select max(id) from tickets)"
    outbound = f"select count(*) from messages where kind = 'outbound' and ticket_id = {newest}"
    assert pods.rows(outbound)[0][0] == 2, "the first question's reply, and the second one's"
    assert pods.answered()
