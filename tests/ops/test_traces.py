"""One trace from the door to the delivery through real RabbitMQ; and what no log, trace or metric may hold."""

import base64
import hashlib
import hmac
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import httpx
import psycopg
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.ingestion.channels.platforms import payload
from tests.journeys.fleet import (
    ARTICLES,
    BROKER_URL,
    REDIS_URL,
    Fleet,
    a_database,
    a_fleet,
    eventually,
    free_port,
)
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.otlp import Collector, ReceivedSpan, receiving_traces
from tests.servers.smtp import SmtpServer, running_smtp
from tests.stubs import zendesk_stub
from tests.stubs.anthropic_stub import AnthropicStub
from tests.stubs.model_stub import Behaviour, Json, page, status
from tests.stubs.vendor_stub import Answer
from tests.stubs.zendesk_stub import ZendeskStub, ZendeskTicket

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

_LONG_S = 120.0
_ANSWERED = "How do I reset my password?"
_STEPS = {"job agent_core.tasks.answer_next", "answer", "triage", "retrieve", "draft", "transaction"}
# No word of any language, so that only a message's text can have brought it.
_CANARY = "quaggaxylem"
_PROCESSES = ("web", "worker", "beat", "poller")


class Talkative(AnthropicStub):
    """A vendor whose errors repeat what it was asked."""

    def error(self, behaviour: Behaviour) -> Json:
        del behaviour
        return {"type": "error", "error": {"type": "api_error", "message": f"cannot read: {_CANARY} in it"}}


@dataclass
class Desk:
    fleet: Fleet
    collector: Collector
    imap: Dovecot
    smtp: SmtpServer
    zendesk: ZendeskStub
    database: str
    key: str
    ports: dict[str, int]

    def post(self, text: str, **more: str) -> httpx.Response:
        return httpx.post(
            f"{self.fleet.url}/api/v1/tickets",
            headers={"X-API-Key": self.key},
            json={"description": text, "customer_email": "alice@example.com", **more},
            timeout=30,
        )

    def mail(self, text: str, sender: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "support@example.com", "A question"
        mail["Message-ID"] = f"<{uuid.uuid4().hex}@customers.example.com>"
        mail.set_content(text)
        self.imap.append(bytes(mail))

    def chat(self, text: str) -> None:
        """Say it and wait until the agent has replied, or the message is confirmed, and look no further."""
        address = self.fleet.url.replace("http", "ws", 1) + "/chat/ws"
        with connect(address, origin=Origin(self.fleet.url)) as socket:
            assert json.loads(socket.recv(timeout=30))["type"] == "welcome"
            socket.send(json.dumps({"type": "message", "id": str(uuid.uuid4()), "text": text}))
            while json.loads(socket.recv(timeout=_LONG_S)).get("author") not in ("agent", "customer"):
                pass

    def deliver_zendesk(self, text: str, *, ticket: str) -> None:
        body = payload("zendesk/later_comment").replace(
            b"It drips from the handle, by the way.", text.encode()
        )
        body = body.replace(b"5512", ticket.encode()).replace(b"ev-", f"ev-{ticket}-".encode())
        body = body.replace(b'"60002"', f'"6{ticket}"'.encode())
        assert text.encode() in body
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        digest = hmac.new(
            zendesk_stub.WEBHOOK_SECRET.encode(), stamp.encode() + body, hashlib.sha256
        ).digest()
        answer = httpx.post(
            f"{self.fleet.url}/webhooks/zendesk",
            content=body,
            headers={
                "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
                "x-zendesk-webhook-signature-timestamp": stamp,
                "content-type": "application/json",
            },
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["received"] == 1

    def metrics(self) -> str:
        targets = [self.fleet.url, *(f"http://127.0.0.1:{port}" for port in self.ports.values())]
        return "\n".join(httpx.get(f"{one}/metrics", timeout=30).text for one in targets)

    def waiting(self) -> int:
        asked = "select count(*) from tickets where handled_seq < last_inbound_seq"
        with psycopg.connect(self.database) as connection:
            row = connection.execute(asked).fetchone()
        return int(row[0]) if row else 0


@pytest.fixture(scope="module")
def make_desk(
    database_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Desk]]:
    """The whole product with its telemetry; each call starts one more, with further settings."""
    with ExitStack() as stack:

        def start(name: str, **environment: str) -> Desk:
            enter = stack.enter_context
            collector, imap, smtp = enter(receiving_traces()), enter(running_dovecot()), enter(running_smtp())
            zendesk = enter(ZendeskStub(tickets={one: ZendeskTicket() for one in ("5512", "5513")}))
            url = enter(a_database(database_server, name))
            fleet = enter(
                a_fleet(
                    tmp_path_factory.mktemp(name), url, BROKER_URL=BROKER_URL, REDIS_URL=REDIS_URL,
                    OTLP_ENDPOINT=collector.url, MAIL_IMAP_URL=imap.url(), MAIL_SMTP_URL=smtp.url,
                    ZENDESK_API_URL=zendesk.url, **zendesk_stub.SETTINGS,
                )
            )  # fmt: skip
            fleet.environment |= environment
            fleet.run("migrate")
            fleet.run("knowledge", "add", str(ARTICLES), "--json")
            key = fleet.run("key", "create", "traces", "--json")["key"]
            ports = {process: free_port() for process in _PROCESSES[1:]}
            for process in _PROCESSES:
                if process in ports:
                    fleet.environment["DESKFLEET_METRICS_PORT"] = str(ports[process])
                fleet.start(process)
            fleet.wait_until_ready()
            return Desk(fleet, collector, imap, smtp, zendesk, url, key, ports)

        yield start


@pytest.fixture(scope="module")
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk("traces")


def whole_trace(desk: Desk, door: str, *steps: str, enter: Callable[[], object]) -> list[ReceivedSpan]:
    """The spans of one trace that began at a door, once every step is there.

    Desks of other tests share the broker and may take a wake-up; a sweep then does the work, in a trace of its own.
    So it is tried again, until one goes the whole way.
    """
    wanted = _STEPS | set(steps)
    until = time.monotonic() + _LONG_S
    while time.monotonic() < until:
        enter()
        again = time.monotonic() + _LONG_S / 6
        while time.monotonic() < again:
            for found in _traces(desk, door):
                if wanted <= {span.name for span in found}:
                    return found
            time.sleep(0.1)
    seen = [{span.name for span in found} for found in _traces(desk, door)]
    raise AssertionError(f"no trace from {door} has all of {wanted}: {seen}")


def _traces(desk: Desk, door: str) -> list[list[ReceivedSpan]]:
    spans = tuple(desk.collector.spans)
    begun = {span.trace_id for span in spans if span.name == door}
    return [[span for span in spans if span.trace_id == one] for one in begun]


def test_a_mail_is_one_trace_from_the_mailbox_to_the_sent_reply(desk: Desk) -> None:
    spans = whole_trace(desk, "mail", "deliver", enter=lambda: desk.mail(_ANSWERED, "carol@example.com"))
    assert {span.attributes.get("db.system.name") for span in spans} >= {"postgresql"}
    assert [span for span in spans if span.name == "deliver" and span.attributes["channel"] == "mail"]


def test_a_word_in_the_chat_is_one_trace_from_the_socket_to_the_draft(desk: Desk) -> None:
    whole_trace(desk, "chat message", enter=lambda: desk.chat(_ANSWERED))


def test_a_request_is_one_trace_from_http_to_the_delivery(desk: Desk) -> None:
    whole_trace(desk, "POST /api/v1/tickets", "statement", enter=lambda: desk.post(_ANSWERED))


def knock_badly(desk: Desk) -> None:
    """What is refused is not repeated either."""
    broken = httpx.post(
        f"{desk.fleet.url}/api/v1/tickets", headers={"X-API-Key": desk.key}, content=f'{{"a": {_CANARY}'
    )
    assert broken.status_code == 422
    assert httpx.get(f"{desk.fleet.url}/help/{_CANARY}?q={_CANARY}").status_code < 500
    wrong = httpx.post(
        f"{desk.fleet.url}/api/v1/tickets", headers={"X-API-Key": _CANARY}, json={"description": "x"}
    )
    assert wrong.status_code == 401


def test_no_word_of_a_message_and_no_secret_is_in_logs_traces_or_metrics(
    make_desk: Callable[..., Desk],
) -> None:
    """Models and vendors fail, and repeat in their errors what they were given."""
    with Talkative(otherwise=lambda _request: status(400)) as claude:
        claude.then(page(f"<html>{_CANARY}</html>"), status(500), Behaviour(_CANARY, plain=True))
        desk = _with_model(make_desk, claude)
        desk.smtp.data += [f"451 cannot take {_CANARY} now", f"554 refused: {_CANARY}"]
        desk.zendesk.script.extend([Answer(500, {"error": _CANARY}), Answer(200, raw=f"<p>{_CANARY}</p>")])
        secret = f"{_CANARY} alice.{_CANARY}@example.com 4111 1111 1111 1111 {_ANSWERED}"
        assert desk.post(secret, subject=_CANARY, customer_name=_CANARY).status_code == 202
        assert desk.post(secret, nonsense=_CANARY).status_code in (202, 422)
        assert desk.post("x\x00" + _CANARY).status_code in (202, 422)
        knock_badly(desk)
        desk.mail(secret, f"{_CANARY}@example.com")
        desk.imap.append(f"From: {_CANARY}\r\nContent-Type: multipart/mixed\r\n\r\n{_CANARY}".encode())
        desk.chat(secret)
        desk.deliver_zendesk(secret, ticket="5512")
        # These are answered, and what takes the answers fails.
        desk.mail(_ANSWERED, "carol@example.com")
        desk.deliver_zendesk(_ANSWERED, ticket="5513")
        everything = 5

        def settled() -> bool:
            """All have an outcome, and whoever was to fail has."""
            failed = bool(claude.received) and len(desk.zendesk.script) < 2 and len(desk.smtp.data) < 2
            return failed and len(desk.collector.trace_with("answer")) > everything and desk.waiting() == 0

        eventually(settled, timeout_s=2 * _LONG_S, what="some message has no outcome, or nobody failed")
        metrics = desk.metrics()
    told = {name: desk.fleet.log(name) for name in _PROCESSES}
    told |= {"traces": str(desk.collector.spans), "metrics": metrics}
    assert "deskfleet_messages_received_total" in metrics
    for name, text in told.items():
        held = sorted({found.group() for found in _hidden(desk).finditer(text)})
        assert held == [], f"{name} holds {held}"


def _with_model(make_desk: Callable[..., Desk], claude: AnthropicStub) -> Desk:
    return make_desk("canaries", DESKFLEET_ANTHROPIC_URL=claude.url, ANTHROPIC_API_KEY="canary-model-key")


def _hidden(desk: Desk) -> "re.Pattern[str]":
    secrets: list[Any] = [
        desk.key,
        desk.fleet.environment["DESKFLEET_SECRET_KEY"],
        *(value for name, value in zendesk_stub.SETTINGS.items() if name.endswith(("TOKEN", "SECRET"))),
        "canary-model-key",
        "4111 1111",
    ]
    return re.compile("|".join([rf"\S*{_CANARY}\S*", *map(re.escape, secrets)]))
