"""What happens to tickets reaches those who listen: signed, repeated until it is taken, and to public hosts alone."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select, text, update

from ingestion import webhook_delivery
from runtime import fetching
from runtime.database import transaction
from runtime.errors import InvalidInput
from runtime.fetching import Reach
from runtime.settings import settings
from tests.console.desk import escalated, receive
from tests.jobs import CollectedJobs
from tickets import lifecycle, outgoing_webhooks, satisfaction
from tickets.models import Ticket
from tickets.notification_models import OutgoingWebhook, WebhookDelivery
from tickets.outgoing_webhooks import HookKind

CAROL = "AGENT-CAR0L000"


@dataclass
class Listener:
    """A program that listens; `answers` are the statuses that it gives, the last one again and again."""

    port: int
    answers: list[int] = field(default_factory=lambda: [200])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://hooks.example.com:{self.port}/desk"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    listener: Listener


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        listener = cast(_Server, self.server).listener
        body = self.rfile.read(int(self.headers["Content-Length"]))
        listener.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        answers = listener.answers
        self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class calls it so
        """Nothing to say."""


@pytest.fixture
def listener(run_jobs: CollectedJobs) -> Iterator[Listener]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.listener = Listener(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    reach = Reach(
        resolve=lambda _host, _port: ["127.0.0.1"], allows=lambda one: one.is_loopback, loopback=True
    )
    fetching.use_reach(reach)
    yield server.listener
    fetching.use_reach(None)
    server.shutdown()
    server.server_close()


def listen(listener: Listener, *topics: str, kind: HookKind = HookKind.SIGNED) -> str:
    """The secret. The test's server speaks no TLS, so its address is set afterwards."""
    with transaction() as session:
        _public_id, secret = outgoing_webhooks.add(session, kind, listener.url, topics, by=CAROL)
        plain = listener.url.replace("https://", "http://")
        session.execute(update(OutgoingWebhook).values(url=plain))
    return secret


def rows() -> list[WebhookDelivery]:
    with transaction() as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def make_due() -> None:
    with transaction() as session:
        session.execute(update(WebhookDelivery).values(due_at=datetime.now(UTC)))


def test_a_listener_gets_each_event_once_and_signed(listener: Listener) -> None:
    secret = listen(listener, "received", "escalated")
    public_id = escalated(text="My secret question")
    webhook_delivery.deliver_webhooks()
    webhook_delivery.deliver_webhooks()
    assert [json.loads(body)["event"] for _headers, body in listener.got] == [
        "ticket.received", "ticket.escalated",
    ]  # fmt: skip
    headers, body = listener.got[1]
    told = json.loads(body)
    assert (told["ticket_id"], told["data"]["reason"]) == (public_id, "asks_for_person")
    assert b"My secret question" not in body
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def reply(ticket_id: str, text: str, *, hold_s: float) -> int:
    """Staff's; the id of the message."""
    with transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.public_id == ticket_id)).one()
        return lifecycle.staff_reply(
            session, ticket.id, text, staff=CAROL, name="Carol", seen_seq=ticket.last_seq, hold_s=hold_s
        )


def test_a_held_reply_is_told_when_it_can_no_longer_be_taken_back(listener: Listener) -> None:
    listen(listener, "replied")
    public_id = escalated()
    reply(public_id, "Not yet", hold_s=60)
    webhook_delivery.deliver_webhooks()
    assert listener.got == []
    make_due()
    webhook_delivery.deliver_webhooks()
    assert [json.loads(body)["event"] for _headers, body in listener.got] == ["ticket.replied"]
    reply(public_id, "At once", hold_s=0)
    webhook_delivery.deliver_webhooks()
    assert len(listener.got) == 2


def test_a_reply_that_was_taken_back_is_never_told(listener: Listener) -> None:
    listen(listener, "replied")
    listen(listener, "replied")
    public_id, other_id = escalated(), escalated()
    message_id = reply(public_id, "A slip", hold_s=60)
    reply(other_id, "Stays", hold_s=60)
    with transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.public_id == public_id)).one()
        lifecycle.undo_reply(session, ticket.id, message_id, staff=CAROL)
    assert [one.payload["ticket_id"] for one in rows()] == [other_id, other_id]


def test_what_is_not_taken_is_tried_again_with_the_same_id(listener: Listener) -> None:
    listener.answers = [503, 200]
    listen(listener, "received")
    receive()
    webhook_delivery.deliver_webhooks()
    [row] = rows()
    assert (row.attempts, row.sent_at, row.error) == (1, None, "hooks.example.com answered 503.")
    assert row.due_at > datetime.now(UTC)
    webhook_delivery.deliver_webhooks()
    assert len(listener.got) == 1, "it waits first"
    make_due()
    webhook_delivery.deliver_webhooks()
    assert rows()[0].sent_at is not None
    assert listener.got[0][0]["webhook-id"] == listener.got[1][0]["webhook-id"]


def test_after_many_tries_it_has_failed_and_the_last_error_is_shown(listener: Listener) -> None:
    listener.answers = [500]
    listen(listener, "received")
    receive()
    for _try in range(12):
        make_due()
        webhook_delivery.deliver_webhooks()
    [row] = rows()
    assert row.failed_at is not None
    assert len(listener.got) == 9
    with transaction() as session:
        assert list(outgoing_webhooks.last_errors(session).values()) == ["hooks.example.com answered 500."]


@pytest.mark.parametrize("status", [400, 404, 410, 302])
def test_a_refusal_is_not_repeated(listener: Listener, status: int) -> None:
    listener.answers = [status]
    listen(listener, "received")
    receive()
    webhook_delivery.deliver_webhooks()
    assert rows()[0].failed_at is not None


def test_slack_gets_a_sentence(listener: Listener) -> None:
    listen(listener, "escalated", kind=HookKind.SLACK)
    public_id = escalated()
    webhook_delivery.deliver_webhooks()
    [(headers, body)] = listener.got
    said = json.loads(body)["text"]
    assert said == f"The AI handed a ticket to staff: {public_id} (normal, escalated)"
    assert "webhook-signature" not in headers


def test_a_mail_address_gets_a_mail(
    run_jobs: CollectedJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    settings.cache_clear()
    with transaction() as session:
        outgoing_webhooks.add(session, HookKind.MAIL, "team@example.com", ["escalated"], by=CAROL)
    public_id = escalated()
    webhook_delivery.deliver_webhooks()
    [mail] = [path.read_text() for path in (tmp_path / "mail" / "out").iterdir() if path.is_file()]
    assert "To: <team@example.com>" in mail
    assert f"/console/tickets/{public_id}" in mail.replace("=\n", "")
    assert "Subject: The AI handed a ticket to staff" in mail


def test_a_comment_of_a_customer_stays_here(listener: Listener) -> None:
    listen(listener, "rated")
    receive()
    with transaction() as session:
        ticket_id = session.scalar(text("select id from tickets"))
        assert ticket_id is not None
        satisfaction.rate(session, ticket_id, 2, comment="Nobody helped me")
    webhook_delivery.deliver_webhooks()
    [(_headers, body)] = listener.got
    assert json.loads(body)["data"] == {"rating": 2}


def test_no_host_inside_is_reached(run_jobs: CollectedJobs) -> None:
    fetching.use_reach(Reach(resolve=lambda _host, _port: ["10.0.0.7"]))
    try:
        with transaction() as session:
            outgoing_webhooks.add(
                session, HookKind.SLACK, "https://inside.example.com/x", ["received"], by=CAROL
            )
        receive()
        webhook_delivery.deliver_webhooks()
        [row] = rows()
        assert row.failed_at is not None
        assert row.error == "inside.example.com is not a public host."
    finally:
        fetching.use_reach(None)


@pytest.mark.parametrize(
    ("kind", "url", "topics"),
    [
        (HookKind.SIGNED, "http://example.com/x", ["received"]),
        (HookKind.SIGNED, "ftp://example.com", ["received"]),
        (HookKind.MAIL, "https://example.com", ["received"]),
        (HookKind.SLACK, "https://example.com", []),
        (HookKind.SLACK, "https://example.com", ["everything"]),
    ],
)
def test_a_webhook_that_cannot_work_is_refused(
    database: str, kind: HookKind, url: str, topics: list[str]
) -> None:
    with pytest.raises(InvalidInput), transaction() as session:
        outgoing_webhooks.add(session, kind, url, topics, by=CAROL)


def test_what_was_settled_long_ago_is_forgotten(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    listen(listener, "received")
    receive()
    webhook_delivery.deliver_webhooks()
    webhook_delivery.forget_webhooks()
    assert len(rows()) == 1
    with transaction() as session:
        session.execute(text("update webhook_deliveries set created_at = now() - interval '8 days'"))
    monkeypatch.setenv("DESKFLEET_RETENTION_WEBHOOK_DELIVERIES", "0")
    settings.cache_clear()
    webhook_delivery.forget_webhooks()
    assert len(rows()) == 1
    monkeypatch.delenv("DESKFLEET_RETENTION_WEBHOOK_DELIVERIES")
    settings.cache_clear()
    webhook_delivery.forget_webhooks()
    assert rows() == []
