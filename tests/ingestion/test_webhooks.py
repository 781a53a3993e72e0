"""The platforms' door, as a platform knocks on it."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select, text

from ingestion import tasks, webhooks
from ingestion.channels import facebook, x
from ingestion.channels.contract import Sender
from runtime import database as database_module
from runtime import web
from runtime.database import transaction
from runtime.settings import settings
from tests.ingestion.channels.platforms import configured, payload
from tests.jobs import CollectedJobs
from tests.samples import a_decision, claimed_case
from tests.stubs import facebook_stub, x_stub
from tickets import lifecycle
from tickets.contracts import Channel, Delivery, Kind
from tickets.models import Customer, CustomerIdentity, Message, Ticket

_ZENDESK_SECRET = "zendesk-secret"
_SENDERS: dict[Channel, Sender] = {Channel.X: x, Channel.FACEBOOK: facebook}

Deliver = Callable[[str, bytes], Response]


@pytest.fixture
def client(run_jobs: CollectedJobs) -> Iterator[TestClient]:
    secrets = {"ZENDESK_WEBHOOK_SECRET": _ZENDESK_SECRET, "PUBLIC_URL": "https://desk.example.com"}
    with configured(x_stub.SETTINGS | facebook_stub.SETTINGS | secrets):
        app = FastAPI()
        web.install(app)
        app.include_router(webhooks.router)
        with TestClient(app, raise_server_exceptions=False) as client:
            yield client


def signature(channel: str, body: bytes) -> dict[str, str]:
    if channel == "facebook":
        digest = hmac.new(facebook_stub.APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        return {"X-Hub-Signature-256": f"sha256={digest}"}
    raw = hmac.digest(x_stub.CONSUMER_SECRET.encode(), body, hashlib.sha256)
    return {"X-Twitter-Webhooks-Signature": f"sha256={base64.b64encode(raw).decode()}"}


@pytest.fixture
def deliver(client: TestClient) -> Deliver:
    """Post a body with the platform's genuine signature."""

    def post(channel: str, body: bytes) -> Response:
        return client.post(f"/webhooks/{channel}", content=body, headers=signature(channel, body))

    return post


def stored() -> list[tuple[str, str]]:
    """The tickets' channels with the messages' external ids, in the order in which they came."""
    with transaction() as session:
        rows = session.execute(
            select(Ticket.channel, Message.external_id)
            .join(Ticket, Ticket.id == Message.ticket_id)
            .order_by(Message.id)
        )
        return [(row.channel, row.external_id) for row in rows]


@contextmanager
def refusing(words: str) -> Iterator[None]:
    """A database that stores no message with these words."""
    with transaction() as session:
        session.execute(text(f"alter table messages add constraint refused check (text <> '{words}')"))
    try:
        yield
    finally:
        with transaction() as session:
            session.execute(text("alter table messages drop constraint refused"))


def is_problem(response: Response, status: int, field: str | None = None) -> bool:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert response.json()["correlation_id"]
    return bool(response.json().get("field") == field)


@pytest.mark.parametrize(
    ("channel", "name", "external_id", "identity"),
    [
        ("x", "direct_message", "1990000000000000001", "900100200300"),
        ("x", "mention", "1990000000000000010", "900100200300"),
        ("facebook", "text", "m_first-A=", "24001"),
    ],
)
def test_a_delivery_becomes_a_ticket_that_waits_for_an_answer(
    deliver: Deliver, run_jobs: CollectedJobs, channel: str, name: str, external_id: str, identity: str
) -> None:
    response = deliver(channel, payload(f"{channel}/{name}"))
    assert (response.status_code, response.json()["received"]) == (200, 1)
    assert stored() == [(channel, external_id)]
    assert len(run_jobs.published) == 1
    with transaction() as session:
        known = session.scalars(select(CustomerIdentity)).one()
        ticket = session.scalars(select(Ticket)).one()
        customer = session.get_one(Customer, ticket.customer_id)
    assert (known.kind, known.value, known.customer_id) == (channel, identity, customer.id)
    assert (ticket.customer_verified, ticket.last_inbound_seq, ticket.handled_seq) == (False, 1, 0)


def test_a_batch_becomes_a_ticket_for_each_person(deliver: Deliver) -> None:
    assert deliver("facebook", payload("facebook/batch")).json() == {
        "received": 3,
        "duplicates": 0,
        "refused": 0,
    }
    with transaction() as session:
        counts = [ticket.last_seq for ticket in session.scalars(select(Ticket).order_by(Ticket.id))]
    assert counts == [2, 1]


@pytest.mark.parametrize(("channel", "name"), [("x", "direct_message"), ("facebook", "text")])
def test_a_replayed_delivery_is_stored_once(deliver: Deliver, channel: str, name: str) -> None:
    body = payload(f"{channel}/{name}")
    first, second = deliver(channel, body), deliver(channel, body)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == {"received": 0, "duplicates": 1, "refused": 0}
    assert len(stored()) == 1


@pytest.mark.parametrize(("channel", "name"), [("x", "direct_message"), ("facebook", "batch")])
def test_deliveries_at_the_same_moment_are_stored_once(deliver: Deliver, channel: str, name: str) -> None:
    body = payload(f"{channel}/{name}")
    together = threading.Barrier(8)
    codes: list[int] = []

    def send() -> None:
        together.wait()
        codes.append(deliver(channel, body).status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * 8
    ids = [external_id for _channel, external_id in stored()]
    assert len(ids) == len(set(ids)) == (1 if channel == "x" else 3)


@pytest.mark.parametrize(("channel", "name"), [("x", "direct_message"), ("facebook", "text")])
def test_a_forged_or_stale_signature_is_refused_and_nothing_is_stored(
    client: TestClient, channel: str, name: str
) -> None:
    body = payload(f"{channel}/{name}")
    header = next(iter(signature(channel, body)))
    of_another_body = signature(channel, payload(f"{channel}/{name}") + b" ")
    for headers in ({}, {header: "sha256=" + "0" * 64}, {header: ""}, of_another_body):
        assert is_problem(client.post(f"/webhooks/{channel}", content=body, headers=headers), 401)
    assert stored() == []


def test_a_signature_that_is_too_old_is_refused(client: TestClient) -> None:
    body, stamp = b"{}", "2026-01-01T00:00:00Z"
    raw = hmac.digest(_ZENDESK_SECRET.encode(), stamp.encode() + body, hashlib.sha256)
    headers = {
        "X-Zendesk-Webhook-Signature": base64.b64encode(raw).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }
    assert is_problem(client.post("/webhooks/zendesk", content=body, headers=headers), 401)


@pytest.mark.parametrize("channel", ["fax", "mail", "web_chat", "api", "intercom", "X"])
def test_a_channel_that_is_unknown_or_not_set_up_is_not_found(client: TestClient, channel: str) -> None:
    assert is_problem(client.post(f"/webhooks/{channel}", content=b"{}"), 404)
    assert is_problem(client.get(f"/webhooks/{channel}?crc_token=a"), 404)


def test_a_body_over_the_limit_is_refused(client: TestClient, deliver: Deliver) -> None:
    large = b" " * (settings().web.max_body_bytes + 1)
    assert is_problem(deliver("x", large), 413)
    chunked = client.post("/webhooks/x", content=iter([large]), headers=signature("x", large))
    assert is_problem(chunked, 413)


@pytest.mark.parametrize("channel", ["x", "facebook"])
def test_a_body_that_can_never_be_read_is_a_problem_of_the_sender(deliver: Deliver, channel: str) -> None:
    for body in (b"", b"{", b"null", b"[" * 50_000, b"\xff\xfe\x00"):
        assert is_problem(deliver(channel, body), 422)
    assert is_problem(deliver("facebook", b'{"object": "page", "entry": 5}'), 422, "entry")
    assert stored() == []


@pytest.mark.parametrize(
    ("channel", "name", "ids"),
    [
        ("facebook", "batch_with_bad_events", ["m_good", "m_good_2"]),
        ("facebook", "marks", []),
        ("x", "batch_with_a_bad_event", ["1990000000000000032"]),
        ("x", "typing", []),
    ],
)
def test_events_without_a_message_are_accepted_and_left_out(
    deliver: Deliver, channel: str, name: str, ids: list[str]
) -> None:
    assert deliver(channel, payload(f"{channel}/{name}")).status_code == 200
    assert [external_id for _channel, external_id in stored()] == ids


def test_a_message_that_cannot_be_stored_now_loses_none_and_is_asked_for_again(deliver: Deliver) -> None:
    body = payload("facebook/batch")
    with refusing("My code does not work."):
        response = deliver("facebook", body)
        assert is_problem(response, 503)
        assert "1 of 3" in response.json()["detail"]
        assert [external_id for _channel, external_id in stored()] == ["m_batch_1", "m_batch_3"]
    assert deliver("facebook", body).json() == {"received": 1, "duplicates": 2, "refused": 0}


def test_a_message_that_no_database_will_ever_take_is_not_asked_for_again(deliver: Deliver) -> None:
    event = json.loads(payload("facebook/batch"))
    event["entry"][0]["messaging"][0]["message"]["text"] = "nul \x00 and half \ud83d a pair"
    assert deliver("facebook", json.dumps(event).encode()).json()["received"] == 3
    with transaction() as session:
        first = session.scalars(select(Message.text).order_by(Message.id)).first()
    assert first is not None
    assert first.startswith("nul ")


def test_without_the_database_the_platform_is_asked_to_come_again(
    deliver: Deliver, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = payload("x/direct_message")
    database_module.dispose()
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    settings.cache_clear()
    response = deliver("x", body)
    assert is_problem(response, 503)
    assert response.headers["retry-after"]
    database_module.dispose()
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", database)
    settings.cache_clear()
    assert deliver("x", body).json()["received"] == 1


def test_the_platforms_questions_are_answered(client: TestClient) -> None:
    crc = client.get("/webhooks/x?crc_token=any%20word")
    assert (crc.status_code, crc.headers["content-type"]) == (200, "application/json")
    assert crc.json()["response_token"].startswith("sha256=")
    query = {"hub.mode": "subscribe", "hub.verify_token": facebook_stub.VERIFY_TOKEN, "hub.challenge": "<b>7"}
    hub = client.get("/webhooks/facebook", params=query)
    assert (hub.status_code, hub.text) == (200, "<b>7")
    assert hub.headers["content-type"].startswith("text/plain")
    assert hub.headers["x-content-type-options"] == "nosniff"


def test_a_question_of_somebody_else_is_refused(client: TestClient) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "guess", "hub.challenge": "7"}
    assert is_problem(client.get("/webhooks/facebook", params=query), 401)
    assert is_problem(client.get("/webhooks/x"), 422)
    assert client.put("/webhooks/x").status_code == 405


def test_no_word_of_a_customer_reaches_the_log(deliver: Deliver, caplog: pytest.LogCaptureFixture) -> None:
    deliver("facebook", payload("facebook/batch_with_bad_events"))
    deliver("x", payload("x/batch_with_a_bad_event"))
    with refusing("Hello, are you there?"):
        deliver("facebook", payload("facebook/batch"))
    logged = caplog.text + repr([vars(record).get("field") for record in caplog.records])
    assert "left out" in logged
    for words in ("Sunday", "mine?", "are you there", "Bob", "24001"):
        assert words not in logged


@pytest.mark.parametrize("channel", [Channel.X, Channel.FACEBOOK])
def test_the_reply_goes_back_the_way_the_message_came(
    deliver: Deliver, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch, channel: Channel
) -> None:
    monkeypatch.setitem(tasks.SENDERS, channel, _SENDERS[channel])
    with x_stub.XStub() as x_api, facebook_stub.FacebookStub() as graph:
        monkeypatch.setenv("DESKFLEET_X_API_URL", x_api.url)
        monkeypatch.setenv("DESKFLEET_FACEBOOK_API_URL", graph.url)
        settings.cache_clear()
        deliver(channel, payload({Channel.X: "x/mention", Channel.FACEBOOK: "facebook/text"}[channel]))
        case = claimed_case()
        assert not case.may_see_orders
        run_jobs.lose()
        with transaction() as session:
            lifecycle.reply(session, case, a_decision(draft="Two days."))
        run_jobs()
        sent = [*x_api.posts, *((one["message"]["text"], one["recipient"]["id"]) for one in graph.messages)]
    expected = {Channel.X: ("Two days.", "1990000000000000010"), Channel.FACEBOOK: ("Two days.", "24001")}
    assert sent == [expected[channel]]
    with transaction() as session:
        reply = session.scalars(select(Message).where(Message.kind == Kind.OUTBOUND)).one()
    assert reply.delivery == Delivery.SENT
