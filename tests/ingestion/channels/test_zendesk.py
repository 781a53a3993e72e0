import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ingestion.channels import zendesk, zendesk_api
from ingestion.channels.contract import WebhookRequest
from runtime.errors import FateUnknown, NotAuthenticated, Permanent, Retryable, SettingError
from tests.ingestion.channels.platforms import a_reply, configured, payload
from tests.stubs import zendesk_stub
from tests.stubs.vendor_stub import Answer
from tests.stubs.zendesk_stub import TOKEN, WEBHOOK_SECRET, ZendeskStub, ZendeskTicket
from tickets.contracts import Channel
from tickets.deliveries import Outgoing

TICKET = "5512"
ALICE = "4701"


@pytest.fixture(autouse=True)
def stub() -> Iterator[ZendeskStub]:
    with (
        ZendeskStub(tickets={TICKET: ZendeskTicket()}) as running,
        configured(zendesk_stub.SETTINGS | {"ZENDESK_API_URL": running.url}),
    ):
        yield running


def signed(body: bytes, *, secret: str = WEBHOOK_SECRET, at: datetime | None = None) -> WebhookRequest:
    stamp = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()
    headers = {
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }
    return WebhookRequest("POST", headers, {}, body)


def a_comment(**changes: object) -> Outgoing:
    return a_reply(**{"channel": Channel.ZENDESK, "to": ALICE, "thread": TICKET} | changes)


def test_what_zendesk_signed_just_now_is_let_in() -> None:
    zendesk.verify(signed(payload("zendesk/later_comment")))


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_that_is_minutes_off_is_borne(minutes: int) -> None:
    zendesk.verify(signed(b"{}", at=datetime.now(UTC) + timedelta(minutes=minutes)))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_stale_signature_is_refused_in_both_directions(minutes: int) -> None:
    with pytest.raises(NotAuthenticated, match="too old"):
        zendesk.verify(signed(b"{}", at=datetime.now(UTC) + timedelta(minutes=minutes)))


def test_a_signature_by_another_secret_is_refused() -> None:
    with pytest.raises(NotAuthenticated, match="not Zendesk's"):
        zendesk.verify(signed(b"{}", secret="guessed"))


def test_a_body_changed_on_the_way_is_refused() -> None:
    request = signed(b'{"id": 1}')
    with pytest.raises(NotAuthenticated):
        zendesk.verify(WebhookRequest("POST", request.headers, {}, b'{"id": 2}'))


@pytest.mark.parametrize("stamp", ["", "yesterday", "2026-11-10", "9999-12-31T23:59:59-23:59", "ä"])
def test_a_timestamp_that_is_none_is_refused_though_it_is_signed(stamp: str) -> None:
    digest = hmac.new(WEBHOOK_SECRET.encode(), stamp.encode() + b"{}", hashlib.sha256).digest()
    headers = {
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }
    with pytest.raises(NotAuthenticated):
        zendesk.verify(WebhookRequest("POST", headers, {}, b"{}"))


@pytest.mark.parametrize("headers", [{}, {"x-zendesk-webhook-signature": "ünsigned"}])
def test_a_request_without_a_signature_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(NotAuthenticated):
        zendesk.verify(WebhookRequest("POST", headers, {}, b"{}"))


def test_without_a_secret_nothing_is_let_in(stub: ZendeskStub) -> None:
    with (
        configured({"ZENDESK_WEBHOOK_SECRET": ""}),
        pytest.raises(NotAuthenticated, match="no signing secret"),
    ):
        zendesk.verify(signed(b"{}", secret=""))


def test_zendesk_asks_nothing_when_an_address_is_entered() -> None:
    assert zendesk.challenge(WebhookRequest("GET", {}, {}, b"")) is None


def test_a_reply_is_a_public_comment_with_our_mark_in_its_audit(stub: ZendeskStub) -> None:
    citation = {"title": "Returns & refunds", "url": "https://example.com/returns"}
    zendesk.send(a_comment(text="First <b>.\nSecond.\n\nThird.", citations=(citation,)))
    (comment,) = stub.tickets[TICKET].comments
    assert comment["public"] is True
    assert comment["html_body"] == (
        "<p>First &lt;b&gt;.<br>Second.</p><p>Third.</p>"
        '<p>Sources:</p><ul><li><a href="https://example.com/returns">Returns &amp; refunds</a></li></ul>'
    )
    assert stub.tickets[TICKET].audits[0]["metadata"]["custom"] == {"deskfleet": "TKT-20261110-ABCDEFGH/1"}
    assert stub.tickets[TICKET].status == "open"


def test_the_audits_prove_what_was_sent(stub: ZendeskStub) -> None:
    outgoing = a_comment()
    assert zendesk.was_sent(outgoing) is False
    zendesk.send(outgoing)
    assert zendesk.was_sent(outgoing) is True
    assert zendesk.was_sent(a_comment(message_id=2)) is False


def test_the_mark_is_found_on_any_page_of_the_audits(stub: ZendeskStub) -> None:
    stub.page_size = 2
    stub.tickets[TICKET].audits += [{"metadata": {"custom": {}}}, {"metadata": None}, {"metadata": {}}]
    zendesk.send(a_comment())
    assert zendesk.was_sent(a_comment()) is True
    assert zendesk.was_sent(a_comment(message_id=2)) is False


@pytest.mark.parametrize(
    "answer",
    [
        Answer(503),
        Answer(404),
        Answer(200, raw="<html>a proxy</html>"),
        Answer(200, {"audits": []}),
        Answer(200, {"audits": [], "meta": {"has_more": True}}),
        Answer(200, cut=True),
    ],
)
def test_audits_that_cannot_be_read_prove_nothing(stub: ZendeskStub, answer: Answer) -> None:
    stub.then(answer)
    assert zendesk.was_sent(a_comment()) is None


def test_a_history_beyond_measure_proves_nothing(stub: ZendeskStub) -> None:
    stub.page_size = 1
    stub.tickets[TICKET].audits += [{"metadata": {}}] * 30
    assert zendesk.was_sent(a_comment()) is None


@pytest.mark.parametrize(
    ("headers", "pause_s"),
    [({"Retry-After": "7"}, 7.0), ({"ratelimit-reset": "9"}, 9.0), ({"ratelimit-reset": "soon"}, None)],
)
def test_a_limit_is_kept_as_long_as_zendesk_says(
    stub: ZendeskStub, headers: dict[str, str], pause_s: float | None
) -> None:
    stub.then(Answer(429, headers=headers))
    with pytest.raises(Retryable) as caught:
        zendesk.send(a_comment())
    assert caught.value.retry_after_s == pause_s
    assert stub.tickets[TICKET].comments == []


@pytest.mark.parametrize("status", [409, 503])
def test_a_busy_ticket_or_vendor_is_tried_again(stub: ZendeskStub, status: int) -> None:
    stub.then(Answer(status))
    with pytest.raises(Retryable):
        zendesk.send(a_comment())


def test_nobody_at_the_address_is_tried_again() -> None:
    with configured({"ZENDESK_API_URL": "http://127.0.0.1:1"}), pytest.raises(Retryable, match="reached"):
        zendesk.send(a_comment())


def test_a_ticket_that_zendesk_has_closed_is_for_staff(stub: ZendeskStub) -> None:
    stub.tickets[TICKET].status = "closed"
    with pytest.raises(Permanent, match="closed prevents ticket update"):
        zendesk.send(a_comment())


@pytest.mark.parametrize("thread", ["", "../users/1", "77"])
def test_a_ticket_that_does_not_exist_is_for_staff(stub: ZendeskStub, thread: str) -> None:
    with pytest.raises(Permanent):
        zendesk.send(a_comment(thread=thread))


@pytest.mark.parametrize("answer", [Answer(200, cut=True), Answer(502), Answer(200, raw="<html>")])
def test_without_a_clear_answer_the_fate_is_unknown(stub: ZendeskStub, answer: Answer) -> None:
    stub.then(answer)
    with pytest.raises(FateUnknown):
        zendesk.send(a_comment())


@pytest.mark.parametrize("name", ["ZENDESK_API_URL", "ZENDESK_USER", "ZENDESK_API_TOKEN"])
def test_a_missing_setting_is_named_and_the_reply_waits_for_it(name: str) -> None:
    with configured({name: ""}):
        with pytest.raises(Retryable, match=name):
            zendesk.send(a_comment())
        with pytest.raises(SettingError, match=name):
            zendesk.test_connection()


def test_no_error_quotes_a_secret(stub: ZendeskStub) -> None:
    stub.then(Answer(422, {"error": "Invalid", "description": f"token {TOKEN} and {WEBHOOK_SECRET}"}))
    with pytest.raises(Permanent) as caught:
        zendesk.send(a_comment())
    assert "Invalid" in caught.value.detail
    assert TOKEN not in caught.value.detail
    assert WEBHOOK_SECRET not in caught.value.detail


@pytest.mark.parametrize(
    ("before", "done", "after"),
    [
        ("open", True, "solved"),
        ("pending", True, "solved"),
        ("solved", True, "solved"),
        ("closed", True, "closed"),
        ("solved", False, "open"),
        ("pending", False, "pending"),
        ("new", False, "new"),
    ],
)
def test_a_status_is_written_only_where_it_says_something_else(
    stub: ZendeskStub, before: str, done: bool, after: str
) -> None:
    stub.tickets[TICKET].status = before
    zendesk.write_status(TICKET, done=done)
    assert stub.tickets[TICKET].status == after
    assert len(stub.written()) == (0 if before == after else 1)


def test_a_status_without_a_clear_answer_is_written_again(stub: ZendeskStub) -> None:
    stub.then(Answer(200, {"ticket": {"status": "open"}}), Answer(200, cut=True, taken_first=True))
    with pytest.raises(Retryable):
        zendesk.write_status(TICKET, done=True)
    zendesk.write_status(TICKET, done=True)
    assert stub.tickets[TICKET].status == "solved"


def test_a_connection_that_works_says_as_whom(stub: ZendeskStub) -> None:
    assert zendesk.test_connection() == f"{stub.url.removeprefix('http://')} lets us in as user 900 (agent)."


def test_a_wrong_token_is_seen_though_zendesk_answers_200() -> None:
    with configured({"ZENDESK_API_TOKEN": "wrong"}), pytest.raises(Permanent, match="does not know"):
        zendesk.test_connection()


def test_a_user_who_may_not_answer_is_seen(stub: ZendeskStub) -> None:
    stub.role = "end-user"
    with pytest.raises(Permanent, match="may not answer"):
        zendesk.test_connection()


def test_the_wrong_user_id_is_seen() -> None:
    with configured({"ZENDESK_USER_ID": "12"}), pytest.raises(SettingError, match="ZENDESK_USER_ID"):
        zendesk.test_connection()


def an_attachment(name: str, **changes: object) -> dict[str, object]:
    found = {
        "content_url": f"https://acme.example.com/{name}",
        "file_name": name,
        "content_type": "image/png",
    }
    return found | changes


def test_the_files_of_a_comment_are_found_on_whatever_page_it_is(stub: ZendeskStub) -> None:
    stub.page_size = 1
    gone = an_attachment("gone.png", deleted=True)
    stub.tickets[TICKET].comments = [
        {"id": 1, "attachments": [an_attachment("first.png")]},
        {"id": 2, "attachments": []},
        {"id": 3, "attachments": [an_attachment("box.png"), gone, {"file_name": "none"}, "?"]},
    ]
    (found,) = zendesk_api.files_of_comment(TICKET, "comment:3")
    assert (found.url, found.name, found.type) == ("https://acme.example.com/box.png", "box.png", "image/png")
    assert zendesk_api.files_of_comment(TICKET, "comment:2") == []
    (of_the_opening,) = zendesk_api.files_of_comment(TICKET, f"ticket:{TICKET}:opening")
    assert of_the_opening.name == "first.png"
    with pytest.raises(Retryable, match="does not show the comment"):
        zendesk_api.files_of_comment(TICKET, "comment:4")


def test_our_token_is_for_the_accounts_own_host_alone(stub: ZendeskStub) -> None:
    assert set(zendesk_api.file_headers(f"{stub.url}/attachments/token/1?name=a")) == {"Authorization"}
    for url in (
        "https://files.example.com/a",
        stub.url.replace("http:", "https:") + "/a",
        stub.url.replace("127.0.0.1", "127.0.0.1.example.com") + "/a",
        stub.url.replace("127.0.0.1", "127.0.0.1@files.example.com") + "/a",
        "http://127.0.0.1:1/a",
        "",
    ):
        assert zendesk_api.file_headers(url) == {}
