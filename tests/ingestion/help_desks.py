"""The help desks as tests of the way through them see them: a stub, what comes from it, and what it was told."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from ingestion import webhooks
from runtime import web
from runtime.database import transaction
from tests.ingestion.channels.platforms import configured, payload
from tests.stubs import intercom_stub, zendesk_stub
from tests.stubs.intercom_stub import IntercomConversation, IntercomStub
from tests.stubs.vendor_stub import Answer
from tests.stubs.zendesk_stub import ZendeskStub, ZendeskTicket
from tickets.contracts import Channel
from tickets.models import Ticket

ZENDESK_TICKET, CONVERSATION = "5512", "215470001"


@dataclass(frozen=True)
class Desk:
    """One help desk: its stub, how it signs, and what a customer's question and addition look like there."""

    channel: Channel
    stub: ZendeskStub | IntercomStub
    sign: Callable[[bytes], dict[str, str]]
    question: str
    addition: str

    def replies(self) -> list[str]:
        if isinstance(self.stub, ZendeskStub):
            return [str(one["html_body"]) for one in self.stub.tickets[ZENDESK_TICKET].comments]
        parts = self.stub.conversations[CONVERSATION].parts
        return [str(part["body"]) for part in parts if part["part_type"] == "comment"]

    def is_done(self) -> bool:
        if isinstance(self.stub, ZendeskStub):
            return self.stub.tickets[ZENDESK_TICKET].status == "solved"
        return self.stub.conversations[CONVERSATION].state == "closed"


def _signed_by_zendesk(body: bytes) -> dict[str, str]:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(zendesk_stub.WEBHOOK_SECRET.encode(), stamp.encode() + body, hashlib.sha256).digest()
    return {
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }


def _signed_by_intercom(body: bytes) -> dict[str, str]:
    digest = hmac.new(intercom_stub.CLIENT_SECRET.encode(), body, hashlib.sha1).hexdigest()
    return {"X-Hub-Signature": f"sha1={digest}"}


@contextmanager
def running_desk(channel: Channel) -> Iterator[Desk]:
    """The help desk of that channel, with the settings that reach it."""
    with ExitStack() as running:
        if channel is Channel.ZENDESK:
            at_zendesk = running.enter_context(ZendeskStub(tickets={ZENDESK_TICKET: ZendeskTicket()}))
            running.enter_context(configured(zendesk_stub.SETTINGS | {"ZENDESK_API_URL": at_zendesk.url}))
            names = ("zendesk/ticket_created", "zendesk/later_comment")
            yield Desk(Channel.ZENDESK, at_zendesk, _signed_by_zendesk, *names)
        else:
            conversations = {CONVERSATION: IntercomConversation()}
            at_intercom = running.enter_context(IntercomStub(conversations=conversations))
            running.enter_context(configured(intercom_stub.SETTINGS | {"INTERCOM_API_URL": at_intercom.url}))
            names = ("intercom/user_created", "intercom/user_replied")
            yield Desk(Channel.INTERCOM, at_intercom, _signed_by_intercom, *names)


def deliver(desk: Desk, body: bytes, *, headers: dict[str, str] | None = None) -> int:
    """One call of the webhook; the status of its answer."""
    app = FastAPI()
    web.install(app)
    app.include_router(webhooks.router)
    with TestClient(app, raise_server_exceptions=False) as client:
        signed = desk.sign(body) if headers is None else headers
        return client.post(f"/webhooks/{desk.channel}", content=body, headers=signed).status_code


def ask(desk: Desk) -> int:
    """The customer's question comes in; the ticket's id."""
    assert deliver(desk, payload(desk.question)) == 200
    with transaction() as session:
        return session.scalars(select(Ticket.id).order_by(Ticket.id.desc())).first() or 0


def limited_for_a_minute() -> Answer:
    """Too many requests, in the words of either vendor."""
    reset = str(int(datetime.now(UTC).timestamp()) + 60)
    return Answer(429, headers={"Retry-After": "60", "X-RateLimit-Reset": reset})
