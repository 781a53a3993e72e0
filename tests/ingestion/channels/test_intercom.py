import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from ingestion.channels import intercom
from ingestion.channels.contract import Challenge, WebhookRequest
from runtime.errors import FateUnknown, InvalidInput, NotAuthenticated, Permanent, Retryable, SettingError
from tests.ingestion.channels.platforms import SHARED, a_reply, configured, payload
from tests.stubs import intercom_stub
from tests.stubs.intercom_stub import ADMIN_ID, CLIENT_SECRET, TOKEN, IntercomConversation, IntercomStub
from tests.stubs.vendor_stub import Answer
from tickets.contracts import Channel, IncomingMessage
from tickets.deliveries import Outgoing

CONVERSATION = "215470001"
ALICE = "66aa01bb02cc03dd04ee05ff"


@pytest.fixture(autouse=True)
def stub() -> Iterator[IntercomStub]:
    with (
        IntercomStub(conversations={CONVERSATION: IntercomConversation()}) as running,
        configured(intercom_stub.SETTINGS | {"INTERCOM_API_URL": running.url}),
    ):
        yield running


def signed(body: bytes, *, secret: str = CLIENT_SECRET) -> WebhookRequest:
    digest = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return WebhookRequest("POST", {"x-hub-signature": f"sha1={digest}"}, {}, body)


def parsed(name: str) -> list[IncomingMessage]:
    return intercom.parse(payload(f"intercom/{name}"))


def changed(name: str, path: str, value: object) -> bytes:
    """A payload with one field set, or left out by the value ..."""
    whole: dict[str, Any] = json.loads(payload(f"intercom/{name}"))
    *parents, last = path.split(".")
    part: Any = whole
    for parent in parents:
        part = part[int(parent)] if parent.isdigit() else part[parent]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return json.dumps(whole).encode()


def an_answer(**changes: object) -> Outgoing:
    values = {
        "channel": Channel.INTERCOM,
        "to": ALICE,
        "thread": CONVERSATION,
        "answers_at": datetime.now(UTC) - timedelta(seconds=30),
    }
    return a_reply(**values | changes)


def a_part(body: str, *, author: str = ADMIN_ID, seconds_ago: float = 0) -> dict[str, object]:
    at = int(time.time() - seconds_ago)
    return {"body": body, "created_at": at, "author": {"type": "admin", "id": author}}


def test_what_is_signed_by_the_client_secret_is_let_in() -> None:
    intercom.verify(signed(payload("intercom/user_created")))


@pytest.mark.parametrize(
    "header", ["", "sha1=", "sha1=0000", "sha1=ü", "sha256=" + "0" * 64, "0" * 40, "sha1=" + "0" * 40]
)
def test_a_forged_signature_is_refused(header: str) -> None:
    with pytest.raises(NotAuthenticated):
        intercom.verify(WebhookRequest("POST", {"x-hub-signature": header}, {}, b"{}"))


def test_a_signature_by_another_secret_or_of_another_body_is_refused() -> None:
    with pytest.raises(NotAuthenticated):
        intercom.verify(signed(b"{}", secret="guessed"))
    with pytest.raises(NotAuthenticated):
        intercom.verify(WebhookRequest("POST", signed(b"{}").headers, {}, b"{ }"))


def test_without_a_secret_nothing_is_let_in() -> None:
    with (
        configured({"INTERCOM_CLIENT_SECRET": ""}),
        pytest.raises(NotAuthenticated, match="no client secret"),
    ):
        intercom.verify(signed(b"{}", secret=""))


@pytest.mark.skipif(not SHARED.exists(), reason="the payloads for measuring are not part of the project")
def test_a_signature_that_others_published_is_let_in() -> None:
    vector = json.loads((SHARED / "intercom" / "signed_vector.json").read_bytes())
    body = (SHARED / "intercom" / vector["body_file"]).read_bytes()
    headers = {name.lower(): value for name, value in vector["header"].items()}
    with configured({"INTERCOM_CLIENT_SECRET": vector["secret"]}):
        intercom.verify(WebhookRequest("POST", headers, {}, body))
        with pytest.raises(NotAuthenticated):
            intercom.verify(WebhookRequest("POST", headers, {}, body + b" "))
    with pytest.raises(InvalidInput, match=r"data\.item\.source is missing"):
        intercom.parse(body)


def test_entering_an_address_is_answered() -> None:
    assert intercom.challenge(WebhookRequest("HEAD", {}, {}, b"")) == Challenge("")
    assert intercom.challenge(WebhookRequest("GET", {}, {}, b"")) is None


def test_a_new_conversation_is_its_first_message_as_text() -> None:
    (message,) = parsed("user_created")
    assert message.text == "My parcel shows no movement.\n\nIs it lost & gone?"
    assert (message.external_id, message.thread, message.identity) == (
        "message:40310001",
        CONVERSATION,
        ALICE,
    )
    assert (message.name, message.metadata) == ("Alice Miller", {"unverified_email": "alice@example.com"})
    assert not message.customer_verified


def test_a_reply_is_the_part_and_not_the_beginning_again() -> None:
    (message,) = parsed("user_replied")
    assert (message.external_id, message.thread) == ("part:120045", CONVERSATION)
    assert message.text == "It has been nine days."


def test_among_the_parts_only_the_customers_words_and_files_count() -> None:
    words, file = parsed("user_replied_among_others")
    assert (words.external_id, words.text) == ("part:120048", "Any news?")
    assert (file.external_id, file.text) == ("part:120050", "")
    (listed,) = cast("list[dict[str, str]]", file.metadata["files"])
    assert listed["name"] == "label.png"


def test_pictures_in_the_text_are_files_if_they_lie_with_intercom() -> None:
    body = json.loads(payload("intercom/user_replied"))
    parts = body["data"]["item"]["conversation_parts"]["conversation_parts"]
    ours = "https://downloads.intercomcdn.com/i/o/1/box.png?expires=1&signature=2"
    strangers = (
        "https://tracker.example.com/p.gif",
        "https://intercomcdn.com.example.com/a.png",
        "data:image/png,a",
    )
    shown = "".join(f'<img src="{url.replace("&", "&amp;")}">' for url in (*strangers, ours, ours))
    parts[-1]["body"] = f"<p>Look</p>{shown}"
    parts[-1]["attachments"] = [
        {
            "type": "upload",
            "name": "bill.pdf",
            "url": "https://files.example.com/1",
            "content_type": "application/pdf",
        }
    ]
    (message,) = intercom.parse(json.dumps(body).encode())
    assert message.metadata["files"] == [
        {"url": "https://files.example.com/1", "name": "bill.pdf", "type": "application/pdf"},
        {"url": ours, "name": "", "type": "image"},
    ]


def test_the_first_version_of_the_api_is_read_too() -> None:
    (opening,) = parsed("user_created_first_version")
    (reply,) = parsed("user_replied_first_version")
    assert (opening.external_id, opening.subject) == ("message:7711", "Invoice")
    assert opening.text == "Where do I find my invoice?"
    assert (reply.external_id, reply.text, reply.thread) == ("part:8801", "Found it, thanks.", "90210")
    assert opening.identity == reply.identity == "66aa01bb02cc03dd04ee0600"


@pytest.mark.parametrize("name", ["user_created_by_bot", "admin_replied", "ping"])
def test_what_no_customer_wrote_is_left_out(name: str) -> None:
    assert parsed(name) == []


@pytest.mark.parametrize("kind", ["admin", "bot", "team", "operator"])
def test_our_own_replies_do_not_loop(kind: str) -> None:
    author = "data.item.conversation_parts.conversation_parts.0.author"
    assert intercom.parse(changed("user_replied", f"{author}.type", kind)) == []


def test_of_others_nothing_can_be_wrong() -> None:
    author = "data.item.conversation_parts.conversation_parts.0.author"
    body = changed("user_replied_among_others", author, {"type": "bot", "id": None})
    assert len(intercom.parse(body)) == 2


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("user_created", "topic"),
        ("user_created", "data"),
        ("user_created", "data.item"),
        ("user_created", "data.item.id"),
        ("user_created", "data.item.source"),
        ("user_created", "data.item.source.id"),
        ("user_created", "data.item.source.body"),
        ("user_created", "data.item.source.author"),
        ("user_created", "data.item.source.author.type"),
        ("user_created", "data.item.source.author.id"),
        ("user_replied", "data.item.conversation_parts"),
        ("user_replied", "data.item.conversation_parts.conversation_parts"),
        ("user_replied", "data.item.conversation_parts.conversation_parts.0.id"),
        ("user_created_first_version", "data.item.conversation_message.id"),
    ],
)
def test_a_missing_field_is_named(name: str, field: str) -> None:
    with pytest.raises(InvalidInput, match="is missing") as caught:
        intercom.parse(changed(name, field, ...))
    assert caught.value.field == field


@pytest.mark.parametrize("value", ["1/../admins", "", None, [], "x" * 300])
def test_an_id_that_is_none_is_named_and_not_repeated(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        intercom.parse(changed("user_replied", "data.item.id", value))
    assert caught.value.field == "data.item.id"
    assert "admins" not in caught.value.detail


@pytest.mark.parametrize("value", [None, [], {}])
def test_an_author_of_no_kind_is_named(value: object) -> None:
    with pytest.raises(InvalidInput, match="author"):
        intercom.parse(changed("user_created", "data.item.source.author.type", value))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="JSON"):
        intercom.parse(body)


@pytest.mark.skipif(not SHARED.exists(), reason="the payloads for measuring are not part of the project")
@pytest.mark.parametrize("path", sorted((SHARED / "intercom").glob("*_v1.json")), ids=lambda path: path.stem)
def test_notifications_of_others_are_read_by_their_topic(path: Any) -> None:
    whole = json.loads(path.read_bytes())
    messages = intercom.parse(path.read_bytes())
    assert bool(messages) == (whole["topic"] == "conversation.user.created")
    assert all(message.thread == whole["data"]["item"]["id"] for message in messages)


def test_a_reply_is_a_comment_of_our_admin(stub: IntercomStub) -> None:
    intercom.send(an_answer(text="It is <on> its way.\n\nTomorrow."))
    (part,) = stub.conversations[CONVERSATION].parts
    assert (part["part_type"], part["author"]["id"]) == ("comment", ADMIN_ID)
    assert part["body"] == "<p>It is &lt;on&gt; its way.</p><p>Tomorrow.</p>"
    assert stub.received[0].headers["intercom-version"] == "2.11"


def test_our_words_in_the_conversation_prove_what_was_sent(stub: IntercomStub) -> None:
    assert intercom.was_sent(an_answer()) is False
    intercom.send(an_answer())
    assert intercom.was_sent(an_answer()) is True


def test_words_that_intercom_has_dressed_otherwise_are_known_again(stub: IntercomStub) -> None:
    text = "See https://example.com/returns\nor write."
    dressed = '<p class="x">See <a href="https://example.com/returns">https://example.com/returns</a><br> or write.</p>'
    stub.conversations[CONVERSATION].parts.append(a_part(dressed))
    assert intercom.was_sent(an_answer(text=text)) is True


def test_other_words_of_our_admin_prove_nothing(stub: IntercomStub) -> None:
    stub.conversations[CONVERSATION].parts.append(a_part("<p>Something else.</p>"))
    assert intercom.was_sent(an_answer()) is None


def test_the_same_words_before_the_question_are_no_proof(stub: IntercomStub) -> None:
    stub.conversations[CONVERSATION].parts.append(a_part("<p>It takes two days.</p>", seconds_ago=3600))
    assert intercom.was_sent(an_answer()) is False


def test_the_same_words_of_another_admin_are_no_proof(stub: IntercomStub) -> None:
    stub.conversations[CONVERSATION].parts.append(a_part("<p>It takes two days.</p>", author="99"))
    assert intercom.was_sent(an_answer()) is False


def test_a_conversation_that_is_not_listed_whole_proves_nothing(stub: IntercomStub) -> None:
    stub.conversations[CONVERSATION].total = 700
    assert intercom.was_sent(an_answer()) is None


@pytest.mark.parametrize(
    "answer", [Answer(503), Answer(404), Answer(200, raw="<html>"), Answer(200, cut=True)]
)
def test_a_conversation_that_cannot_be_read_proves_nothing(stub: IntercomStub, answer: Answer) -> None:
    stub.then(answer)
    assert intercom.was_sent(an_answer()) is None


def test_a_limit_is_kept_as_long_as_intercom_says(stub: IntercomStub) -> None:
    stub.then(Answer(429, headers={"X-RateLimit-Reset": str(int(time.time()) + 40)}))
    with pytest.raises(Retryable) as caught:
        intercom.send(an_answer())
    assert caught.value.retry_after_s is not None
    assert 35 <= caught.value.retry_after_s <= 40
    assert stub.conversations[CONVERSATION].parts == []


def test_a_limit_without_an_end_leaves_the_pause_to_us(stub: IntercomStub) -> None:
    stub.then(Answer(429, headers={"X-RateLimit-Reset": "soon"}))
    with pytest.raises(Retryable) as caught:
        intercom.send(an_answer())
    assert caught.value.retry_after_s is None


def test_refusals_and_a_broken_line_are_told_apart(stub: IntercomStub) -> None:
    stub.then(Answer(503), Answer(200, cut=True), Answer(504), Answer(200, raw="<html>"))
    with pytest.raises(Retryable):
        intercom.send(an_answer())
    for _answer in range(3):
        with pytest.raises(FateUnknown):
            intercom.send(an_answer())
    with configured({"INTERCOM_API_URL": "http://127.0.0.1:1"}), pytest.raises(Retryable, match="reached"):
        intercom.send(an_answer())


@pytest.mark.parametrize("thread", ["", "1/2", "77"])
def test_a_conversation_that_does_not_exist_is_for_staff(thread: str) -> None:
    with pytest.raises(Permanent):
        intercom.send(an_answer(thread=thread))


def test_no_error_quotes_a_secret(stub: IntercomStub) -> None:
    stub.then(Answer(422, {"errors": [{"code": "bad", "message": f"no {TOKEN}, no {CLIENT_SECRET}"}]}))
    with pytest.raises(Permanent) as caught:
        intercom.send(an_answer())
    assert caught.value.detail.endswith("422: no ***, no ***")


@pytest.mark.parametrize("name", ["INTERCOM_ACCESS_TOKEN", "INTERCOM_ADMIN_ID"])
def test_a_missing_setting_is_named_and_the_reply_waits_for_it(name: str) -> None:
    with configured({name: ""}):
        with pytest.raises(Retryable, match=name):
            intercom.send(an_answer())
        with pytest.raises(SettingError, match=name):
            intercom.test_connection()


@pytest.mark.parametrize(
    ("before", "done", "after"),
    [
        ("open", True, "closed"),
        ("snoozed", True, "closed"),
        ("closed", True, "closed"),
        ("closed", False, "open"),
        ("snoozed", False, "snoozed"),
    ],
)
def test_a_state_is_written_only_where_it_says_something_else(
    stub: IntercomStub, before: str, done: bool, after: str
) -> None:
    stub.conversations[CONVERSATION].state = before
    intercom.write_status(CONVERSATION, done=done)
    assert stub.conversations[CONVERSATION].state == after
    assert len(stub.written()) == (0 if before == after else 1)


def test_a_connection_that_works_says_to_what(stub: IntercomStub) -> None:
    host = stub.url.removeprefix("http://")
    assert intercom.test_connection() == f"{host} lets us in: workspace abc123, admin {ADMIN_ID}."


def test_an_admin_who_does_not_exist_is_seen() -> None:
    with configured({"INTERCOM_ADMIN_ID": "4"}), pytest.raises(Permanent, match="Admin not found"):
        intercom.test_connection()
