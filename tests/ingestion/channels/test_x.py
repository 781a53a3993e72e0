import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import pytest

from ingestion.channels import x
from ingestion.channels.contract import Challenge, WebhookRequest
from runtime.errors import FateUnknown, InvalidInput, NotAuthenticated, Permanent, Retryable, SettingError
from tests.ingestion.channels.platforms import SHARED, a_reply, configured, payload
from tests.stubs import x_stub
from tests.stubs.vendor_stub import Answer
from tests.stubs.x_stub import XStub
from tickets.contracts import Channel
from tickets.deliveries import Outgoing

ALICE = "900100200300"
POST_ID = "1990000000000000010"
SENTENCE = "You can send the chair back within thirty days, and we pay for the parcel. "


@pytest.fixture(autouse=True)
def stub() -> Iterator[XStub]:
    with XStub() as running, configured(x_stub.SETTINGS | {"X_API_URL": running.url}):
        yield running


def a_direct_reply(**changes: object) -> Outgoing:
    return a_reply(**{"channel": Channel.X, "to": ALICE, "thread": f"dm:{ALICE}"} | changes)


def a_public_reply(**changes: object) -> Outgoing:
    return a_direct_reply(**{"thread": f"mention:{ALICE}", "answers_id": POST_ID} | changes)


def signed(body: bytes, *, secret: str = x_stub.CONSUMER_SECRET) -> WebhookRequest:
    digest = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    return WebhookRequest("POST", {"x-twitter-webhooks-signature": f"sha256={digest}"}, {}, body)


def asked(**query: str) -> Challenge | None:
    return x.challenge(WebhookRequest("GET", {}, query, b""))


def test_the_challenge_proves_that_we_know_the_secret() -> None:
    answer = asked(crc_token="any word", nonce="1")
    assert answer is not None
    # Computed apart from this code: openssl dgst -sha256 -hmac 'app/secret'
    expected = {"response_token": "sha256=pdy9SBjDBEPbS9duVpHBmoBM0D3QYpIQ2grYhx/OVU0="}
    assert (answer.media_type, json.loads(answer.body)) == ("application/json", expected)


def test_what_asks_nothing_is_no_challenge() -> None:
    assert asked() is None
    assert asked(crc_token="") is None
    assert x.challenge(WebhookRequest("POST", {}, {"crc_token": "a"}, b"{}")) is None


def test_a_delivery_signed_by_x_is_let_in() -> None:
    x.verify(signed(b'{"a": 1}'))


@pytest.mark.parametrize(
    "signature", ["", "sha256=", "sha256=AAAA", "md5=AAAA", "sha256=é", "sha256=" + "A" * 10_000]
)
def test_a_forged_signature_is_refused(signature: str) -> None:
    with pytest.raises(NotAuthenticated):
        x.verify(WebhookRequest("POST", {"x-twitter-webhooks-signature": signature}, {}, b"{}"))


def test_a_signature_of_another_body_or_secret_is_refused() -> None:
    genuine = signed(b'{"a": 1}')
    with pytest.raises(NotAuthenticated):
        x.verify(WebhookRequest("POST", genuine.headers, {}, b'{"a": 2}'))
    with pytest.raises(NotAuthenticated):
        x.verify(signed(b"{}", secret="the secret before"))


def test_without_a_secret_nothing_is_signed() -> None:
    with configured({"X_CONSUMER_SECRET": ""}), pytest.raises(NotAuthenticated, match="not set up"):
        x.verify(signed(b"{}", secret=""))


def test_a_direct_message_is_read_as_it_was_typed() -> None:
    (message,) = x.parse(payload("x/direct_message"))
    assert message.channel is Channel.X
    assert (message.external_id, message.identity) == ("1990000000000000001", ALICE)
    assert (message.thread, message.name) == (f"dm:{ALICE}", "Alice Miller")
    assert message.text == 'My parcel shows "lost" & nobody calls back: https://example.com/track?no=7&lt=1'
    assert message.metadata == {"x_handle": "alice_m"}
    assert not message.customer_verified


def test_a_picture_is_noted_in_the_text_and_kept_as_an_address() -> None:
    (message,) = x.parse(payload("x/direct_message_photo"))
    assert message.text == "The lid is broken\n[photo]"
    picture = {"url": "https://ton.example.com/dm/5.jpg", "name": "", "type": "photo"}
    assert message.metadata == {"x_handle": "alice_m", "files": [picture]}


def test_of_a_video_the_best_whole_form_is_kept_and_not_its_first_picture() -> None:
    forms: list[dict[str, object]] = [
        {"url": "https://video.example.com/list.m3u8", "content_type": "application/x-mpegURL"},
        {"url": "https://video.example.com/small.mp4", "content_type": "video/mp4", "bitrate": 320_000},
        {"url": "https://video.example.com/large.mp4", "content_type": "video/mp4", "bitrate": 832_000},
    ]
    body = json.loads(payload("x/direct_message_photo"))
    media = body["direct_message_events"][0]["message_create"]["message_data"]["attachment"]["media"]
    media |= {"type": "video", "video_info": {"variants": forms}}
    (message,) = x.parse(json.dumps(body).encode())
    best = {"url": "https://video.example.com/large.mp4", "name": "", "type": "video/mp4"}
    assert (message.text, message.metadata["files"]) == ("The lid is broken\n[video]", [best])


def test_a_post_that_mentions_us_is_a_message_without_our_handle() -> None:
    (message,) = x.parse(payload("x/mention"))
    assert (message.external_id, message.identity, message.name) == (POST_ID, ALICE, "Alice Miller")
    assert message.text == "how long does a refund take?"
    assert message.metadata == {"public": True, "x_handle": "alice_m"}


def test_what_answers_our_reply_stays_in_the_customers_thread() -> None:
    (first,), (second,) = x.parse(payload("x/mention")), x.parse(payload("x/mention_follow_up"))
    assert first.thread == second.thread == f"mention:{ALICE}"


def test_a_conversation_that_x_names_is_a_thread_of_its_own() -> None:
    event = json.loads(payload("x/mention"))
    event["tweet_create_events"][0]["conversation_id_str"] = "42"
    (message,) = x.parse(json.dumps(event).encode())
    assert message.thread == f"mention:{ALICE}:42"


def test_a_long_post_is_read_to_its_end() -> None:
    (message,) = x.parse(payload("x/mention_long"))
    assert message.text.startswith("I wrote to you on Monday")
    assert message.text.endswith("What now?")


@pytest.mark.parametrize("name", ["ignored", "direct_message_own", "typing", "revoked"])
def test_what_no_customer_said_is_left_out(name: str) -> None:
    assert x.parse(payload(f"x/{name}")) == []


def test_what_was_said_to_another_account_is_left_out() -> None:
    with configured({"X_ACCOUNT_ID": "7999"}):
        assert x.parse(payload("x/direct_message")) == []


def test_a_wrong_event_loses_none_of_the_others() -> None:
    (message,) = x.parse(payload("x/batch_with_a_bad_event"))
    assert (message.external_id, message.name) == ("1990000000000000032", "Bob")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"{", None),
        (b"[]", None),
        (b"[" * 100_000, None),
        (b"\xff\xfe", None),
        (b'{"for_user_id": "1", "direct_message_events": {}}', "direct_message_events"),
        (b'{"for_user_id": "1", "tweet_create_events": "x"}', "tweet_create_events"),
        (b'{"for_user_id": 7, "direct_message_events": [1]}', "for_user_id"),
    ],
)
def test_a_body_of_another_shape_is_refused(body: bytes, field: str | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        x.parse(body)
    assert caught.value.field == field


def test_characters_that_no_text_may_hold_are_taken_out() -> None:
    event = json.loads(payload("x/direct_message"))
    data = event["direct_message_events"][0]["message_create"]["message_data"]
    data["text"] = "a\x00b \ud83d c"
    event["users"][ALICE]["name"] = "Al\x00ice"
    (message,) = x.parse(json.dumps(event).encode())
    assert "\x00" not in message.text + message.name
    message.text.encode()


@pytest.mark.skipif(not SHARED.exists(), reason="the payloads for measuring are not on this machine")
@pytest.mark.parametrize(
    ("pattern", "count"), [("dm_text", 1), ("dm_quick*", 1), ("tweet_*", 1), ("*_ignore", 0)]
)
def test_payloads_as_others_recorded_them_are_read(pattern: str, count: int) -> None:
    with configured({"X_ACCOUNT_ID": ""}):
        for path in (SHARED / "twitter_account_activity").glob(f"{pattern}.json"):
            messages = x.parse(path.read_bytes())
            assert len(messages) == count
            assert all(one.text and one.name and one.identity.isdigit() for one in messages)


def test_a_direct_reply_goes_to_the_customer_with_its_sources(stub: XStub) -> None:
    source = {"url": "https://example.com/help/returns", "title": "Returns"}
    x.send(a_direct_reply(citations=(source, source, {"url": "javascript:alert(1)"})))
    assert stub.messages == [("It takes two days.\nhttps://example.com/help/returns", ALICE)]


def test_a_public_reply_answers_the_customers_newest_post(stub: XStub) -> None:
    x.send(a_public_reply())
    assert stub.posts == [("It takes two days.", POST_ID)]


def test_a_long_public_reply_is_a_chain_of_numbered_posts(stub: XStub) -> None:
    x.send(a_public_reply(text=SENTENCE * 7))
    assert [answers for _text, answers in stub.posts] == [POST_ID, "8001", "8002"]
    assert [text[-5:] for text, _answers in stub.posts] == ["(1/3)", "(2/3)", "(3/3)"]


def test_a_direct_message_may_be_long(stub: XStub) -> None:
    x.send(a_direct_reply(text=SENTENCE * 50))
    x.send(a_direct_reply(text=SENTENCE * 200))
    assert [len(text) <= 10_000 for text, _to in stub.messages] == [True] * 3


@pytest.mark.parametrize(
    ("limits", "expected_s"),
    [
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": 300}, 300),
        ({"x-rate-limit-reset": 60}, 60),
        (
            {
                "x-rate-limit-remaining": "4",
                "x-rate-limit-reset": 300,
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": 7_200,
            },
            7_200,
        ),
        ({}, None),
    ],
)
def test_when_x_limits_us_its_own_header_says_when_to_come_back(
    stub: XStub, limits: dict[str, str | int], expected_s: int | None
) -> None:
    now = int(time.time())
    headers = {name: str(now + value) if isinstance(value, int) else value for name, value in limits.items()}
    stub.then(Answer(429, {"title": "Too Many Requests"}, headers=headers))
    with pytest.raises(Retryable, match="429: Too Many Requests") as caught:
        x.send(a_public_reply())
    waits = caught.value.retry_after_s
    assert waits == (None if expected_s is None else pytest.approx(expected_s, abs=3))
    assert stub.posts == []


def test_a_refusal_for_good_says_why(stub: XStub) -> None:
    stub.deleted.add(POST_ID)
    with pytest.raises(Permanent, match="403: You attempted to reply to a post that is deleted"):
        x.send(a_public_reply())


def test_a_failure_after_the_first_part_is_not_sent_again_from_its_start(stub: XStub) -> None:
    ok = Answer(201, {"data": {"id": "8001"}}, taken_first=True)
    stub.then(ok, Answer(429, headers={"x-rate-limit-reset": "1"}))
    with pytest.raises(FateUnknown, match=r"^1 of 3 parts were sent, then: .* answered 429"):
        x.send(a_public_reply(text=SENTENCE * 7))
    assert len(stub.posts) == 1


def test_a_silence_after_the_send_leaves_its_fate_unknown(stub: XStub) -> None:
    stub.then(Answer(201, taken_first=True, cut=True))
    with pytest.raises(FateUnknown):
        x.send(a_direct_reply())
    assert len(stub.messages) == 1
    assert x.was_sent(a_direct_reply()) is None


def test_wrong_credentials_lose_no_reply_and_show_no_secret(stub: XStub) -> None:
    with configured({"X_ACCESS_TOKEN_SECRET": "wrong"}), pytest.raises(Retryable, match="401: Unauthorized"):
        x.send(a_direct_reply())
    quoting = Answer(403, {"detail": f"Bad {x_stub.TOKEN} and {x_stub.CONSUMER_SECRET}"})
    stub.then(quoting)
    with pytest.raises(Permanent, match=r"Bad \*\*\* and \*\*\*$"):
        x.send(a_direct_reply())
    with (
        configured({"X_ACCESS_TOKEN": ""}),
        pytest.raises(Retryable, match="DESKFLEET_X_ACCESS_TOKEN is missing"),
    ):
        x.send(a_direct_reply())


@pytest.mark.parametrize(
    "changes",
    [
        {"thread": ""},
        {"thread": "dm:"},
        {"thread": "dm:1/../2"},
        {"thread": "mention:1"},
        {"thread": "fax:1"},
    ],
)
def test_a_reply_to_nowhere_is_refused(stub: XStub, changes: dict[str, str]) -> None:
    with pytest.raises(Permanent):
        x.send(a_direct_reply(**changes))
    assert stub.received == []


def test_the_connection_test_names_the_account() -> None:
    assert x.test_connection() == "X lets us in as @ExampleDesk (7001)."


def test_the_connection_test_finds_a_token_of_another_account() -> None:
    with configured({"X_ACCOUNT_ID": "7999"}), pytest.raises(SettingError, match="belongs to 7001"):
        x.test_connection()
    with configured({"X_CONSUMER_KEY": ""}), pytest.raises(SettingError, match="X_CONSUMER_KEY is missing"):
        x.test_connection()
