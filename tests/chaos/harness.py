"""The product as processes on real servers, traffic, kills, and the count of what was lost or said twice."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

import agent_core.tasks
import ingestion.tasks
from runtime.database import transaction
from tests.servers.smtp_process import PostOffice
from tickets.contracts import Delivery, Kind
from tickets.models import Message, Ticket

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("worker", "web", "poller")
CONCURRENCY = 4  # Of the worker, and so the sends that one kill can leave in doubt.


@dataclass
class Outcome:
    """What the rows and the mail server say at the end."""

    kills: int
    sent_in: int
    lost: list[str]
    unanswered: list[str]
    duplicate_replies: list[str]
    duplicate_mails: list[str]
    never_left: list[str]
    parked: int
    mails: int

    @property
    def sound(self) -> bool:
        """`parked` has its own bound: a kill leaves at most the sends of one worker in doubt."""
        faults = (self.lost, self.unanswered, self.duplicate_replies, self.duplicate_mails, self.never_left)
        return not any(faults) and self.parked <= self.kills * CONCURRENCY


class Zygote:
    """The process that has loaded the product and forks the others; one for all tests."""

    def __enter__(self) -> "Zygote":
        self.log = tempfile.NamedTemporaryFile(
            "w+", prefix="deskfleet-chaos-", suffix=".log"
        )  # closed in __exit__
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.chaos.zygote"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )  # fmt: skip
        self._read()
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()
        self.log.close()

    def fork(self, order: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._read())

    def said(self) -> str:
        """The end of what the forked processes wrote: their errors and the stacks they were asked for."""
        return Path(self.log.name).read_text(errors="replace")[-12_000:]

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process that forks the others has died"
        return line.strip()


@dataclass
class Fleet:
    """One process of each role, restarted when it is killed."""

    zygote: Zygote
    environment: dict[str, str]
    kills: int = 0
    pids: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_error: object) -> None:
        for pid in self.pids.values():
            self._signal(pid, signal.SIGKILL)

    def start(self, role: str, *, kill_at: str | None = None) -> None:
        self.pids[role] = self.zygote.fork(
            {"role": role, "kill_at": kill_at, "environment": self.environment}
        )

    def kill(self, role: str) -> None:
        self._signal(self.pids[role], signal.SIGKILL)
        self.kills += 1
        self.wait_until_dead(role, timeout_s=5)

    def alive(self, role: str) -> bool:
        return self._signal(self.pids[role], 0)

    def wait_until_dead(self, role: str, *, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while self.alive(role):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    def stacks(self) -> str:
        """Where every process stands, for the reader of a failure."""
        alive = {role: self.alive(role) for role in self.pids}
        for pid in self.pids.values():
            self._signal(pid, signal.SIGUSR1)
        time.sleep(1)
        return f"alive: {alive}\n{self.zygote.said()}"

    @staticmethod
    def _signal(pid: int, number: int) -> bool:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True


@dataclass
class Traffic:
    """Customers by REST, who try again until they are told 202, and by mail."""

    port: int
    key: str
    inbox: Path
    accepted: dict[str, str] = field(default_factory=dict)
    mails: list[str] = field(default_factory=list)

    def post(self, *, patience_s: float = 120.0) -> None:
        """One message; the same Idempotency-Key at every try."""
        name = uuid.uuid4().hex
        body = json.dumps(
            {"description": "How long does it take?", "customer_email": f"{name[:6]}@example.com"}
        )
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.port}/api/v1/tickets",
                data=body.encode(),
                headers={
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {self.key}",
                    "Idempotency-Key": name,
                },
            )
            try:
                with urllib.request.urlopen(request, timeout=5) as response:
                    assert response.status == 202
                    self.accepted[name] = json.loads(response.read())["ticket_id"]
                    return
            # The web process may be killed anywhere in its answer.
            except (urllib.error.URLError, ConnectionError, TimeoutError, HTTPException):
                time.sleep(0.1)
        raise AssertionError("the intake did not come back")

    def mail(self) -> None:
        name = uuid.uuid4().hex
        raw = (
            f"From: Alice <{name[:6]}@example.com>\r\nTo: support@example.com\r\nSubject: Question\r\n"
            f"Message-ID: <{name}@example.com>\r\nContent-Type: text/plain\r\n\r\nHow long does it take?\r\n"
        )
        hidden = self.inbox / f".{name}"
        hidden.write_text(raw)
        hidden.rename(self.inbox / f"{name}.eml")
        self.mails.append(f"{name}@example.com")


def sweep() -> None:
    """What beat asks for every few seconds."""
    agent_core.tasks.sweep_pending()
    ingestion.tasks.sweep_deliveries()


@contextmanager
def sweeping(every_s: float = 1.0) -> Iterator[None]:
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(every_s):
            sweep()

    # Two at once, as when one beat's sweep overlaps the next.
    threads = [threading.Thread(target=run, name=f"sweeps-{n}") for n in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def waiting() -> list[str]:
    """What is not settled, row by row, for the reader of a failure."""
    with transaction() as session:
        tickets = session.scalars(
            select(Ticket).where(Ticket.owner == "agent", Ticket.last_inbound_seq > Ticket.handled_seq)
        ).all()
        messages = session.scalars(
            select(Message).where(Message.delivery.in_((Delivery.QUEUED, Delivery.SENDING)))
        ).all()
        return [repr(vars(row)) for row in [*tickets, *messages]]


def unsettled() -> int:
    """Messages without an outcome, and replies on their way."""
    with transaction() as session:
        pending = select(func.count()).where(
            Ticket.owner == "agent", Ticket.last_inbound_seq > Ticket.handled_seq
        )
        on_their_way = select(func.count()).where(Message.delivery.in_((Delivery.QUEUED, Delivery.SENDING)))
        return (session.scalar(pending) or 0) + (session.scalar(on_their_way) or 0)


def settle(fleet: Fleet, traffic: Traffic, *, timeout_s: float = 200.0) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not any(traffic.inbox.glob("*.eml")) and not unsettled():
            return
        time.sleep(0.1)
    unread = len(list(traffic.inbox.glob("*.eml")))
    raise AssertionError(
        f"{unsettled()} messages did not settle within {timeout_s} s, {unread} mails were not read\n"
        + "\n".join([*waiting()[:5], fleet.stacks()])
    )


def judge(traffic: Traffic, smtp: PostOffice, *, kills: int) -> Outcome:
    """Compare what customers sent with what the rows hold and with what left by mail."""
    with transaction() as session:
        inbound = Counter(session.scalars(select(Message.external_id).where(Message.kind == Kind.INBOUND)))
        replies = session.execute(
            select(Message.ticket_id, Message.answers_seq, Message.delivery, Message.mail_id).where(
                Message.kind == Kind.OUTBOUND
            )
        ).all()
        tickets = session.scalars(select(Ticket)).all()
    stored = {name.rpartition(":")[2] for name in inbound}
    answered = Counter((row.ticket_id, row.answers_seq) for row in replies)
    with_staff = {ticket.id for ticket in tickets if ticket.owner == "staff"}
    replied = {row.ticket_id for row in replies}
    mails = Counter(str(mail["Message-ID"]) for mail in smtp.mails)
    return Outcome(
        kills=kills,
        sent_in=len(traffic.accepted) + len(traffic.mails),
        lost=[name for name in [*traffic.accepted, *traffic.mails] if name not in stored]
        + [name for name, count in inbound.items() if count != 1],
        unanswered=[ticket.public_id for ticket in tickets if ticket.id not in with_staff | replied],
        duplicate_replies=[str(key) for key, count in answered.items() if count > 1],
        duplicate_mails=[name for name, count in mails.items() if count > 1],
        never_left=[
            row.mail_id
            for row in replies
            if row.delivery == Delivery.SENT and row.mail_id and f"<{row.mail_id}>" not in mails
        ],
        parked=sum(row.delivery == Delivery.UNKNOWN for row in replies),
        mails=len(smtp.taken),
    )


_MOST_UNSETTLED = 300


def _customers(traffic: Traffic, stop: threading.Event) -> None:
    """Write until it is over, by REST and by mail."""
    for number in itertools.count():
        if stop.is_set():
            return
        traffic.post()
        traffic.mail()
        time.sleep(0.1)
        # Who is killed all the time falls behind; without a bound a long run would end in hours of backlog.
        while number % 10 == 0 and unsettled() > _MOST_UNSETTLED and not stop.is_set():
            time.sleep(0.5)


def kill_at_random(fleet: Fleet, kills: int, traffic: Traffic) -> None:
    """Kill and restart random processes while messages come in."""
    stop = threading.Event()
    senders = [threading.Thread(target=_customers, args=(traffic, stop)) for _ in range(2)]
    for sender in senders:
        sender.start()
    try:
        for number in range(1, kills + 1):
            time.sleep(random.uniform(0.02, 0.3))
            role = random.choices(ROLES, weights=(6, 2, 2))[0]
            fleet.kill(role)
            fleet.start(role)
            if number % 100 == 0:
                print(f"  {number} of {kills} kills, {len(traffic.mails)} mails sent in", flush=True)
    finally:
        stop.set()
        for sender in senders:
            sender.join()
