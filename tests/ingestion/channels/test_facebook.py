import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ingestion.channels import facebook
from ingestion.channels.contract import Challenge, WebhookRequest
from runtime.errors import FateUnknown, InvalidInput, NotAuthenticated, Permanent, Retryable, SettingError
from tests.ingestion.channels.platforms import SHARED, a_reply, configured, payload
from tests.stubs import facebook_stub
from tests.stubs.facebook_stub import APP_SECRET, PAGE_TOKEN, FacebookStub, refusal
from tests.stubs.vendor_stub import Answer
from tickets.contracts import Channel
from tickets.deliveries import Outgoing

ALICE, BOB = "24001", "24002"
SENTENCE = "You can send the chair back within thirty days, and we pay for the parcel. "


@pytest.fixture(autouse=True)
def stub() -> Iterator[FacebookStub]:
    with (
        FacebookStub() as running,
        configured(facebook_stub.SETTINGS | {"FACEBOOK_API_URL": running.url}),
    ):
        yield running


def a_message_reply(*, hours: float = 1, **changes: object) -> Outgoing:
    written = datetime.now(UTC) - timedelta(hours=hours)
    values = {"channel": Channel.FACEBOOK, "to": ALICE, "thread": f"dm:{ALICE}", "answers_at": written}
    return a_reply(**values | changes)


def a_comment_reply(**changes: object) -> Outgoing:
    values = {"thread": f"comment:5550001_77:{BOB}", "answers_id": "77_1", "to": BOB, "hours": 100}
    return a_message_reply(**values | changes)  # type: ignore[arg-type]  # each value has its field's type


def signed(body: bytes, *, secret: str = APP_SECRET) -> WebhookRequest:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return WebhookRequest("POST", {"x-hub-signature-256": f"sha256={digest}"}, {}, body)


def asked(**query: str) -> Challenge | None:
    named = {f"hub.{name}": value for name, value in query.items()}
    return facebook.challenge(WebhookRequest("GET", {}, named, b""))


def test_the_challenge_is_given_back_to_who_knows_the_word() -> None:
    answer = asked(mode="subscribe", verify_token=facebook_stub.VERIFY_TOKEN, challenge="1158201444")
    assert answer == Challenge("1158201444", "text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {"mode": "subscribe", "challenge": "1"},
        {"mode": "subscribe", "verify_token": "", "challenge": "1"},
        {"mode": "subscribe", "verify_token": "wörd", "challenge": "1"},
        {"mode": "unsubscribe", "verify_token": facebook_stub.VERIFY_TOKEN, "challenge": "1"},
    ],
)
def test_who_does_not_know_the_word_gets_nothing_back(query: dict[str, str]) -> None:
    with pytest.raises(NotAuthenticated):
        asked(**query)
    assert asked() is None


def test_without_a_word_nobody_knows_it() -> None:
    with configured({"FACEBOOK_VERIFY_TOKEN": ""}), pytest.raises(NotAuthenticated):
        asked(mode="subscribe", verify_token="", challenge="1")


def test_a_delivery_signed_by_facebook_is_let_in() -> None:
    facebook.verify(signed('{"a": "ü"}'.encode()))


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=00", "sha256=é", "00", "sha1=00"])
def test_a_forged_signature_is_refused(signature: str) -> None:
    with pytest.raises(NotAuthenticated):
        facebook.verify(WebhookRequest("POST", {"x-hub-signature-256": signature}, {}, b"{}"))


def test_a_signature_of_another_body_secret_or_method_is_refused() -> None:
    genuine = signed(b'{"a": 1}')
    stale = signed(b"{}", secret="the secret before")
    weak = hmac.new(APP_SECRET.encode(), b"{}", hashlib.sha1).hexdigest()
    for request in (
        WebhookRequest("POST", genuine.headers, {}, b'{"a": 2}'),
        stale,
        WebhookRequest("POST", {"x-hub-signature": f"sha1={weak}"}, {}, b"{}"),
    ):
        with pytest.raises(NotAuthenticated):
            facebook.verify(request)
    with configured({"FACEBOOK_APP_SECRET": ""}), pytest.raises(NotAuthenticated):
        facebook.verify(signed(b"{}", secret=""))


def test_a_message_is_read() -> None:
    (message,) = facebook.parse(payload("facebook/text"))
    assert message.channel is Channel.FACEBOOK
    assert (message.external_id, message.identity, message.thread) == ("m_first-A=", ALICE, f"dm:{ALICE}")
    assert message.text == "Can I change the colour of my order?"
    assert (message.metadata, message.customer_verified) == ({}, False)


def test_every_message_of_a_batch_is_read_in_order() -> None:
    found = facebook.parse(payload("facebook/batch"))
    assert [(one.external_id, one.identity) for one in found] == [
        ("m_batch_1", ALICE),
        ("m_batch_2", BOB),
        ("m_batch_3", ALICE),
    ]


@pytest.mark.parametrize("name", ["marks", "other_page"])
def test_echoes_receipts_and_other_pages_are_left_out(name: str) -> None:
    assert facebook.parse(payload(f"facebook/{name}")) == []


def test_attachments_are_noted_by_their_kind() -> None:
    found = facebook.parse(payload("facebook/attachments"))
    assert [one.text for one in found] == [
        "It came like this:\n[image]",
        "[sticker]",
        "[location] Pinned 48.1, 11.5",
        "[link] A lamp https://shop.example.com/lamp",
        "[hologram]\n[file]",
    ]
    pictures = [
        {"url": f"https://cdn.example.com/{name}.jpg", "name": "", "type": "image"}
        for name in ("broken", "box")
    ]
    assert found[0].metadata == {"files": pictures}


def test_neither_stickers_nor_shared_pages_are_files() -> None:
    found = facebook.parse(payload("facebook/attachments"))
    assert [one.metadata for one in found[1:]] == [{}, {}, {}, {}]


def test_a_pressed_button_says_its_title_or_what_it_stands_for() -> None:
    quick, button, start = facebook.parse(payload("facebook/buttons"))
    assert (quick.text, quick.metadata) == ("Track a parcel", {"quick_reply": "TRACK"})
    assert (button.external_id, button.text) == ("m_button", "Talk to us")
    assert start.text == "GET_STARTED"
    again = facebook.parse(payload("facebook/buttons"))[2]
    assert start.external_id == again.external_id
    assert start.external_id.startswith("postback:")


def test_new_comments_of_people_are_read() -> None:
    bob, alice = facebook.parse(payload("facebook/comments"))
    assert (bob.external_id, bob.identity, bob.name) == ("77_1", BOB, "Bob")
    assert (bob.text, bob.thread) == ("Do you ship to Norway?", f"comment:5550001_77:{BOB}")
    assert alice.text == "[image]"
    assert alice.metadata["public"] is True


def test_a_wrong_event_loses_none_of_the_others() -> None:
    found = facebook.parse(payload("facebook/batch_with_bad_events"))
    assert [one.external_id for one in found] == ["m_good", "m_good_2"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"nonsense", None),
        (b"[]", None),
        (b"{}", "object"),
        (b'{"object": ["page"]}', "object"),
        (b'{"object": "page", "entry": {}}', "entry"),
    ],
)
def test_a_body_of_another_shape_is_refused(body: bytes, field: str | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        facebook.parse(body)
    assert caught.value.field == field


def test_what_is_not_of_a_page_is_left_out() -> None:
    assert facebook.parse(b'{"object": "instagram", "entry": [1]}') == []


@pytest.mark.skipif(not SHARED.exists(), reason="the payloads for measuring are not on this machine")
def test_payloads_as_others_recorded_them_are_read() -> None:
    counts: dict[str, int] = {}
    with configured({"FACEBOOK_PAGE_ID": ""}):
        for path in (SHARED / "facebook_messenger").glob("*.json"):
            bodies = json.loads(path.read_text())
            for body in bodies if isinstance(bodies, list) else [bodies]:
                try:
                    found = facebook.parse(json.dumps(body).encode())
                except InvalidInput:
                    found = []
                assert all(one.text and one.external_id for one in found)
                counts[path.stem] = counts.get(path.stem, 0) + len(found)
    silent = {name for name, count in counts.items() if not count}
    assert len(counts) == 7
    assert all("malformed" in name or "game" in name for name in silent)


def test_a_reply_within_a_day_is_a_response(stub: FacebookStub) -> None:
    facebook.send(a_message_reply(hours=23.9, citations=({"url": "https://example.com/help/a"},)))
    assert stub.messages == [
        {
            "recipient": {"id": ALICE},
            "message": {"text": "It takes two days.\nhttps://example.com/help/a"},
            "messaging_type": "RESPONSE",
        }
    ]


def test_the_agent_may_not_answer_after_a_day(stub: FacebookStub) -> None:
    with pytest.raises(Permanent, match="more than 24 hours old"):
        facebook.send(a_message_reply(hours=24.1))
    assert stub.received == []


def test_a_person_may_answer_for_a_week(stub: FacebookStub) -> None:
    facebook.send(a_message_reply(hours=24.1, by_agent=False))
    facebook.send(a_message_reply(hours=24 * 7 - 0.1, by_agent=False))
    assert [(one["messaging_type"], one["tag"]) for one in stub.messages] == [
        ("MESSAGE_TAG", "HUMAN_AGENT")
    ] * 2
    with pytest.raises(Permanent, match="more than 7 days old"):
        facebook.send(a_message_reply(hours=24 * 7 + 0.1, by_agent=False))


def test_nobody_writes_first() -> None:
    with pytest.raises(Permanent, match="has not written"):
        facebook.send(a_message_reply(answers_at=None, by_agent=False))


def test_a_long_reply_goes_in_numbered_parts(stub: FacebookStub) -> None:
    facebook.send(a_message_reply(text=SENTENCE * 40))
    texts = [one["message"]["text"] for one in stub.messages]
    assert [text[-5:] for text in texts] == ["(1/2)", "(2/2)"]


def test_a_comment_is_answered_below_it_whenever(stub: FacebookStub) -> None:
    facebook.send(a_comment_reply())
    assert stub.comments == [("It takes two days.", "77_1")]


@pytest.mark.parametrize(
    "reply",
    [
        a_message_reply(thread=""),
        a_message_reply(thread="dm:../me"),
        a_message_reply(thread="fax:1"),
        a_comment_reply(answers_id=""),
        a_comment_reply(answers_id="1/likes"),
    ],
)
def test_a_reply_to_nowhere_is_refused(stub: FacebookStub, reply: Outgoing) -> None:
    with pytest.raises(Permanent, match="names no conversation"):
        facebook.send(reply)
    assert stub.received == []


_USAGE = {"5550001": [{"type": "messenger", "call_count": 100, "estimated_time_to_regain_access": 4}]}


@pytest.mark.parametrize(
    ("answer", "expected_s"),
    [
        (refusal(613, "Calls to this API have exceeded the rate limit.", headers={"Retry-After": "30"}), 30),
        (refusal(4, "Limit", headers={"x-business-use-case-usage": json.dumps(_USAGE)}), 240),
        (refusal(32, "Limit", headers={"x-app-usage": '{"call_count": 100, "total_time": 3}'}), 3_600),
        (refusal(17, "Limit", headers={"x-app-usage": '{"call_count": 20}'}), None),
        (refusal(80006, "Limit", headers={"x-app-usage": "soon", "x-business-use-case-usage": "[1]"}), None),
        (Answer(429, {"error": {"message": "Slow down", "code": 1}}, headers={"Retry-After": "9"}), 9),
        (Answer(429, raw="<html>", headers={"Retry-After": "9"}), 9),
    ],
)
def test_when_facebook_limits_us_it_says_when_to_come_back(
    stub: FacebookStub, answer: Answer, expected_s: float | None
) -> None:
    stub.then(answer)
    with pytest.raises(Retryable) as caught:
        facebook.send(a_message_reply())
    assert caught.value.retry_after_s == expected_s
    assert stub.messages == []


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (refusal(10, "Outside", subcode=2018278), Permanent, "time to answer is over"),
        (refusal(551, "This person isn't available right now."), Permanent, "isn't available right now"),
        (refusal(100, "No matching user found"), Permanent, r"No matching user found \(error 100\)"),
        (refusal(1200, "Temporary send message failure.", status=500), Retryable, "cannot do it now"),
        (refusal(2, "Service temporarily unavailable", status=500), Retryable, "cannot do it now"),
        (refusal(-1, "Internal", status=500), FateUnknown, "answered 500"),
        (Answer(502, raw="<html>"), FateUnknown, "answered 502"),
        (Answer(200, taken_first=True, cut=True), FateUnknown, "not known"),
    ],
)
def test_each_refusal_has_its_consequence(
    stub: FacebookStub, answer: Answer, error: type[Exception], words: str
) -> None:
    stub.then(answer)
    with pytest.raises(error, match=words):
        facebook.send(a_message_reply())


def test_a_failure_after_the_first_part_is_not_sent_again_from_its_start(stub: FacebookStub) -> None:
    stub.then(Answer(200, {"message_id": "m_1"}, taken_first=True), refusal(613, "Limit"))
    with pytest.raises(FateUnknown, match=r"^1 of 2 parts were sent"):
        facebook.send(a_message_reply(text=SENTENCE * 40))
    assert len(stub.messages) == 1
    assert facebook.was_sent(a_message_reply()) is None


def test_the_token_travels_in_a_header_and_shows_nowhere(stub: FacebookStub) -> None:
    facebook.test_connection()
    facebook.send(a_message_reply())
    assert PAGE_TOKEN not in repr([(one.path, one.query, one.body) for one in stub.received])
    with configured({"FACEBOOK_PAGE_TOKEN": "EAAB-broken"}), pytest.raises(Retryable) as caught:
        facebook.send(a_message_reply())
    assert "EAAB" not in caught.value.detail
    stub.then(refusal(100, f"{PAGE_TOKEN} may not"))
    with pytest.raises(Permanent, match=r"\*\*\* may not"):
        facebook.send(a_message_reply())


def test_the_connection_test_names_the_page() -> None:
    assert facebook.test_connection() == "Facebook lets us in as the page Example Shop (5550001)."


def test_the_connection_test_says_what_is_wrong() -> None:
    with configured({"FACEBOOK_PAGE_ID": "1"}), pytest.raises(SettingError, match="belongs to 5550001"):
        facebook.test_connection()
    with configured({"FACEBOOK_PAGE_TOKEN": ""}), pytest.raises(SettingError, match="PAGE_TOKEN is missing"):
        facebook.test_connection()
    with (
        configured({"FACEBOOK_APP_SECRET": "other"}),
        pytest.raises(Permanent, match="Invalid appsecret_proof"),
    ):
        facebook.test_connection()
